// Faults that Front can be made to have.

import { $ } from "./dom.js";

export function showFaults() {
  $("in-force").hidden = false;
}
