// The board by keyboard. Nothing is taken from who types, or from a dialog that is open.

const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable]";

export function listenToKeys(board) {
  const keys = {
    j: () => board.list.move(1),
    ArrowDown: () => board.list.move(1),
    k: () => board.list.move(-1),
    ArrowUp: () => board.list.move(-1),
    PageDown: () => board.list.move(10),
    PageUp: () => board.list.move(-10),
    Home: () => board.list.move(-Infinity),
    End: () => board.list.move(Infinity),
    x: () => board.pickCurrent(),
    a: () => board.actOnChosen("acknowledge"),
    s: () => board.actOnChosen("shelve"),
    r: () => board.actOnChosen("reset"),
    c: () => board.actOnChosen("comment"),
    o: () => board.openCurrent(),
    Enter: () => board.openCurrent(),
    m: () => board.silence(),
    M: () => board.mute(),
    b: () => board.stopBlinking(),
    "/": () => board.tools.search.focus(),
    "?": () => board.help(),
    Escape: () => board.unpickAll(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const target = event.target;
    if (document.querySelector(".q-dialog__inner, dialog[open]")) return;
    if (target.matches?.(TYPING)) {
      if (event.key === "Escape") target.blur();
      return;
    }
    const isArrow = event.key.length > 1;
    if (isArrow && event.key !== "Escape" && !board.root.contains(target) && target !== document.body) return;
    if (event.key === "Enter" && target.matches?.("a, button, input")) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
