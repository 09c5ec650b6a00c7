// A list of any length: only the rows that can be seen are in the page. They are used again while it scrolls.

const SPARE = 6;
const PHONE = matchMedia("(max-width: 699px)");

export class List {
  /** `make()` gives an empty row element, `fill(element, item, index)` writes an item into it. */
  constructor(scroller, sizer, heights, make, fill) {
    this.scroller = scroller;
    this.sizer = sizer;
    this.heights = heights;
    this.make = make;
    this.fill = fill;
    this.items = [];
    this.index = new Map();
    this.free = [];
    this.used = new Map(); // index -> element
    this.at = null; // the id of the current item
    scroller.addEventListener("scroll", () => this.later(), { passive: true });
    new ResizeObserver(() => this.later()).observe(scroller);
    PHONE.addEventListener("change", () => this.show(this.items));
  }

  get height() {
    return PHONE.matches ? this.heights.card : this.heights.row;
  }

  /** Show these, in this order. What stands at the top of the view stays there while it is in the list. */
  show(items) {
    const anchor = this.scroller.scrollTop > 0 ? this.items[Math.floor(this.scroller.scrollTop / this.height)] : null;
    const offset = this.scroller.scrollTop % this.height;
    this.items = items;
    this.index = new Map(items.map((item, n) => [item.id, n]));
    this.sizer.style.height = `${items.length * this.height}px`;
    this.scroller.setAttribute("aria-rowcount", String(items.length));
    const now = anchor ? this.index.get(anchor.id) : undefined;
    if (now !== undefined) this.scroller.scrollTop = now * this.height + offset;
    this.draw(true);
  }

  later() {
    this.pending ??= requestAnimationFrame(() => this.draw(false));
  }

  draw(all) {
    if (this.pending) cancelAnimationFrame(this.pending);
    this.pending = undefined;
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / this.height) - SPARE);
    const seen = Math.ceil(this.scroller.clientHeight / this.height) + 2 * SPARE;
    const last = Math.min(this.items.length, first + seen);
    for (const [n, element] of this.used) {
      if (n >= first && n < last) continue;
      if (element.contains(document.activeElement)) this.scroller.focus({ preventScroll: true });
      element.hidden = true;
      this.used.delete(n);
      this.free.push(element);
    }
    for (let n = first; n < last; n++) {
      let element = this.used.get(n);
      if (element && !all) continue;
      if (!element) {
        element = this.free.pop() ?? this.sizer.appendChild(this.make());
        element.hidden = false;
        this.used.set(n, element);
      }
      element.style.transform = `translateY(${n * this.height}px)`;
      element.setAttribute("aria-rowindex", String(n + 1));
      this.fill(element, this.items[n], this.items[n].id === this.at);
    }
  }

  current() {
    return this.items[this.index.get(this.at) ?? -1];
  }

  /** Go so many items on, and bring the item into view. */
  move(by) {
    if (!this.items.length) return;
    const from = this.index.get(this.at) ?? (by > 0 ? -1 : this.items.length);
    this.go(this.items[Math.min(this.items.length - 1, Math.max(0, from + by))].id);
  }

  go(id) {
    this.at = id;
    const n = this.index.get(id);
    const top = n * this.height;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    const below = top + this.height - this.scroller.clientHeight;
    if (below > this.scroller.scrollTop) this.scroller.scrollTop = below;
    this.draw(true);
    this.used.get(n)?.focus({ preventScroll: true });
  }
}
