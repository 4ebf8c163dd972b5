// Without this file the page works as well; it only lacks the box that shows what is typed.
"use strict";

const box = document.getElementById("show");
box.checked = false;
box.closest(".show").hidden = false;
box.addEventListener("change", () => {
  for (const id of ["password", "again"]) {
    document.getElementById(id).type = box.checked ? "text" : "password";
  }
});
// A browser must never keep the passwords as a plain text that was typed.
box.form.addEventListener("submit", () => {
  box.checked = false;
  box.dispatchEvent(new Event("change"));
});
