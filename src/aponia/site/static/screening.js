// Single-letter keys for the screening page. Everything works without this file: the buttons are
// buttons, and the same letters are access keys. The keys can be switched off (WCAG 2.1.4).
(() => {
  "use strict";
  const store = "aponia-keys";
  const read = () => { try { return localStorage.getItem(store) !== "off"; } catch { return true; } };
  const write = (on) => { try { localStorage.setItem(store, on ? "on" : "off"); } catch { /* private window */ } };
  let on = read();
  const row = document.getElementById("keys-switch");
  const box = document.getElementById("keys-on");
  if (row && box) {
    row.hidden = false;
    box.checked = on;
    box.addEventListener("change", () => { on = box.checked; write(on); });
  }
  const typing = (el) => el && (el.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(el.tagName));
  let sent = false;
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    // A second press while the first is under way would decide on the next record unseen.
    if (sent) event.preventDefault();
    sent = true;
  });
  window.addEventListener("pageshow", () => { sent = false; });
  document.addEventListener("keydown", (event) => {
    if (!on || event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
    if (event.key === "Escape" && typing(document.activeElement)) { document.activeElement.blur(); return; }
    if (typing(document.activeElement)) return;
    const key = event.key.toLowerCase();
    const button = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (button) { event.preventDefault(); button.click(); return; }
    const field = document.querySelector(`[data-focus="${CSS.escape(key)}"]`);
    if (field) {
      event.preventDefault();
      const fold = field.closest("details");
      if (fold) fold.open = true;
      field.focus();
      return;
    }
    const reasons = document.getElementById("reason");
    if (reasons && /^[1-9]$/.test(key) && reasons.options.length > Number(key)) {
      event.preventDefault();
      reasons.selectedIndex = Number(key);
    }
  });
})();
