// What pages about places share: waiting for what the frame brings in, and values that change every second.

/** Call with the element of that id once the page has it. */
export function whenThere(id, call) {
  const found = document.getElementById(id);
  if (found) return call(found);
  const watcher = new MutationObserver(() => {
    const there = document.getElementById(id);
    if (!there) return;
    watcher.disconnect();
    call(there);
  });
  watcher.observe(document.body, { childList: true, subtree: true });
}
