// Keys for the search page; everything works without it.
(function () {
  "use strict";
  var box = document.querySelector("[data-search-box]");
  if (!box) return;
  var hits = Array.prototype.slice.call(document.querySelectorAll("[data-search-results] a.hit"));

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    var target = event.target;
    var writing = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
    if (event.key === "/" && !writing) {
      event.preventDefault();
      box.focus();
      box.select();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    var at = hits.indexOf(target);
    if (at < 0 && target !== box) return;
    var next = at + (event.key === "ArrowDown" ? 1 : -1);
    if (next >= hits.length || (target === box && event.key === "ArrowUp")) return;
    event.preventDefault();
    (next < 0 ? box : hits[next]).focus();
  });
})();
