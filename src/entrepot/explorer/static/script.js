// What makes the pages nicer where a browser runs scripts; all of them work without.
"use strict";
const said = document.body.dataset;

// A button that copies, on every text that is worth it.
for (const text of document.querySelectorAll("pre.copied")) {
  if (!navigator.clipboard) break; // only where the page is trustworthy: HTTPS, or this machine
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copier";
  button.textContent = said.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = said.copied;
    setTimeout(() => { button.textContent = said.copy; }, 1500);
  });
  text.before(button);
}

// Operations are filtered while one types.
const filter = document.querySelector(".filter input");
if (filter) {
  const show = () => {
    const words = filter.value.toLowerCase().split(/\s+/);
    let any = false;
    for (const group of document.querySelectorAll(".group")) {
      let shown = 0;
      for (const item of group.querySelectorAll("li")) {
        item.hidden = !words.every((word) => item.dataset.said.toLowerCase().includes(word));
        shown += !item.hidden;
      }
      group.hidden = !shown;
      group.querySelector(".count").textContent = shown;
      any ||= shown > 0;
    }
    document.querySelector(".none").hidden = any;
  };
  filter.addEventListener("input", show);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input, textarea, select")) {
      event.preventDefault();
      filter.focus();
    }
  });
}

// JSON is looked at while one types; Ctrl+Enter sends.
const call = document.querySelector("form.call");
if (call) {
  const go = call.querySelector(".go");
  go.title = go.dataset.hint;
  call.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) call.requestSubmit(go);
  });
  for (const editor of call.querySelectorAll("textarea[data-json]")) {
    const look = () => {
      let wrong = "";
      try {
        if (editor.value.trim()) JSON.parse(editor.value);
      } catch (error) {
        wrong = `${said.notJson}: ${error.message}`;
      }
      editor.closest(".field").classList.toggle("wrong", Boolean(wrong));
      editor.title = wrong;
    };
    editor.addEventListener("input", look);
  }
}
