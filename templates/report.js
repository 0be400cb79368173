(() => {
  "use strict";
  const root = document.documentElement;
  const make = (tag, text, attributes = {}) => {
    const made = Object.assign(document.createElement(tag), { textContent: text });
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };
  const status = make("p", "", { role: "status", class: "quiet" });
  document.querySelector("main").append(status);

  for (const block of document.querySelectorAll("main pre")) {
    const button = make("button", "Copy", { type: "button", class: "copy" });
    button.addEventListener("click", async () => {
      const text = block.textContent.replace(/\n$/, "");
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        const range = document.createRange();
        range.selectNodeContents(block);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        document.execCommand("copy");
      }
      button.textContent = status.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; status.textContent = ""; }, 1500);
    });
    const frame = make("div", "", { class: "block" });
    block.replaceWith(frame);
    frame.append(block, button);
  }

  for (const heading of document.querySelectorAll("main h2")) {
    const link = { class: "here", href: `#${heading.parentElement.id}`, "aria-label": `Link to: ${heading.textContent}` };
    heading.append(" ", make("a", "#", link));
  }

  // A picture that is wider than the screen can be moved by keyboard.
  for (const figure of document.querySelectorAll("figure")) {
    if (figure.scrollWidth > figure.clientWidth) figure.tabIndex = 0;
  }

  const tools = make("div", "", { class: "tools" });
  const order = ["auto", "light", "dark"];
  const theme = make("button", "Theme: auto", { type: "button" });
  theme.addEventListener("click", () => {
    const next = order[(order.indexOf(root.dataset.theme || "auto") + 1) % order.length];
    root.dataset.theme = next;
    theme.textContent = `Theme: ${next}`;
  });
  const tiles = [...document.querySelectorAll(".tiles > li")];
  const wanted = new Map(tiles.map((tile) => [
    [...tile.querySelectorAll("code")].map((code) => code.textContent).join(" in "),
    new Set([...tile.querySelectorAll("a")].map((link) => link.hash)),
  ]));
  const failing = [...wanted].filter(([, issues]) => issues.size);
  if (failing.length > 1) {
    const label = make("label", "Issues of ");
    const select = make("select", "");
    select.append(make("option", "all commands", { value: "" }));
    for (const [name] of failing) select.append(make("option", name, { value: name }));
    select.addEventListener("change", () => {
      const issues = wanted.get(select.value);
      for (const card of document.querySelectorAll("section.issue")) {
        card.hidden = Boolean(issues) && !issues.has(`#${card.id}`);
      }
    });
    label.append(select);
    tools.append(label);
  }
  tools.append(theme);
  document.querySelector(".tools-here").append(tools);

  const contents = document.querySelector("nav details");
  const wide = matchMedia("(min-width: 75rem)");
  const show = () => { contents.open = wide.matches; };
  wide.addEventListener("change", show);
  show();

  const unfold = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    target.closest("section")?.removeAttribute("hidden");
    for (let at = target; at; at = at.parentElement) {
      if (at.tagName === "DETAILS") at.open = true;
    }
    target.scrollIntoView();
  };
  // Escape folds the part that has the focus, and the focus stays in sight.
  addEventListener("keydown", (event) => {
    const part = event.key === "Escape" && document.activeElement?.closest("details[open]");
    if (!part) return;
    part.open = false;
    part.querySelector("summary").focus();
  });
  addEventListener("hashchange", unfold);
  unfold();
})();
