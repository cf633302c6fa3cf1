() => {
  document.documentElement.lang = "__LANG__";
  const reveal = (node) => {
    for (let d = node; d; d = d.parentElement) if (d.tagName === "DETAILS") d.open = true;
    node.scrollIntoView({ block: "center", behavior: "smooth" });
    node.classList.add("lit");
    node.focus({ preventScroll: true });
    setTimeout(() => node.classList.remove("lit"), 1800);
  };
  document.addEventListener("click", (event) => {
    const chip = event.target.closest("a[data-open]");
    if (chip) {
      event.preventDefault();
      const node = document.getElementById(chip.dataset.open);
      if (node) reveal(node);
    }
    const copy = event.target.closest("button.copy");
    if (copy) {
      const text = copy.parentElement.querySelector("p").innerText;
      navigator.clipboard.writeText(text).then(() => {
        const label = copy.textContent;
        copy.textContent = copy.dataset.done;
        setTimeout(() => { copy.textContent = label; }, 1500);
      });
    }
  });
  // a new question comes into view; what a reader scrolled to afterwards is left alone
  let running = false;
  const watch = () => {
    const live = document.querySelector("#live");
    if (!live) { setTimeout(watch, 200); return; }
    new MutationObserver(() => {
      const turn = live.querySelector(".question");
      if (turn && !running) { running = true; turn.scrollIntoView({ block: "start", behavior: "smooth" }); }
      if (!turn) {
        if (running) {
          const questions = document.querySelectorAll("#history .question");
          if (questions.length) questions[questions.length - 1].scrollIntoView({ block: "start" });
        }
        running = false;
      }
    }).observe(live, { childList: true, subtree: true });
  };
  watch();
}
