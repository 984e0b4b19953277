"use strict";
// A link to a folded part opens it, and printing opens all of them; without this script a click does.
function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) target.open = true;
}
addEventListener("hashchange", reveal);
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not(.mistake)")) folded.open = true;
});
reveal();
