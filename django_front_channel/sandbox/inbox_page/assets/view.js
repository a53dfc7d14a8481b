// Keep what is shown, and choose the words for it.

import { $ } from "./dom.js";

export const view = {
  state: null,
  entries: [],

  get selected() {
    const id = location.hash.replace(/^#\/?/, "");
    const found = this.state?.conversations.find((each) => each.id === id);
    return found?.merged_into ? this.survivor(found) : found;
  },

  get me() {
    return $("me").value;
  },

  survivor(conversation) {
    const next = this.state.conversations.find((each) => each.id === conversation.merged_into);
    return next?.merged_into ? this.survivor(next) : next;
  },

  channel(id) {
    return this.state.channels.find((each) => each.id === id);
  },

  teammate(id) {
    const found = this.state.teammates.find((each) => each.id === id);
    return found ? `${found.first_name} ${found.last_name}` : "API";
  },

  tag(id) {
    return this.state.tags.find((each) => each.id === id)?.name ?? id;
  },

  customer(conversation) {
    return conversation.recipient_name || conversation.recipient;
  },

  hasFailed(conversation) {
    return conversation.messages.some((each) => each.status === "failed");
  },

  last(conversation) {
    return conversation.messages.reduce((a, b) => (b.created_at >= (a?.created_at ?? 0) ? b : a), null);
  },
};
