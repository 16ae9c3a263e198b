// Keeps a page up to date, and lets the keyboard and the pointer into the map of
// fields and windows. Every page works without it.
"use strict";

(() => {
  const main = document.getElementById("main");
  const live = document.getElementById("live");

  // ---- The map ----

  // where says which cell of the grid is at a place: the row of heads is row 0.
  function rowsOf(grid) {
    return [grid.querySelector("tr.heads"), ...grid.tBodies[0].rows];
  }

  function cellAt(grid, row, column) {
    const rows = rowsOf(grid);
    const tr = rows[Math.max(0, Math.min(rows.length - 1, row))];
    return tr.cells[Math.max(1, Math.min(tr.cells.length - 1, column))];
  }

  function placeOf(cell) {
    const grid = cell.closest("table");
    return { grid, row: rowsOf(grid).indexOf(cell.parentElement), column: cell.cellIndex };
  }

  const words = { n: "not judged", s: "steady", u: "uncertain", v: "outside a limit", d: "drift" };

  function tell(cell) {
    const detail = document.getElementById("detail");
    const { grid, row, column } = placeOf(cell);
    if (!detail || column < 1) return;
    const until = cellAt(grid, 0, column).textContent;
    if (row < 1) {
      detail.textContent = "Window until " + until;
      return;
    }
    const field = cell.parentElement.cells[0].querySelector("a").textContent;
    const value = cell.textContent.replace(/^[–?!▲]/, "");
    const word = words[cell.className[0]];
    detail.textContent = field + ", window until " + until + ": " + word + (value && value !== "ok" ? ", " + value : "");
  }

  function open(cell) {
    const { grid, row, column } = placeOf(cell);
    if (column < 1) return;
    const head = cellAt(grid, 0, column).querySelector("a");
    if (row < 1) {
      location.assign(head.href);
      return;
    }
    const to = new URL(cell.parentElement.cells[0].querySelector("a").href);
    to.searchParams.set("end", decodeURIComponent(new URL(head.href).pathname.split("/").pop()));
    location.assign(to);
  }

  function enter(cell, focus) {
    const grid = cell.closest("table");
    for (const old of grid.querySelectorAll("td[tabindex], th[tabindex]")) old.removeAttribute("tabindex");
    cell.tabIndex = 0;
    if (focus) cell.focus();
  }

  function start() {
    unfold();
    const grid = main.querySelector("table[data-grid]");
    if (!grid) return;
    grid.setAttribute("role", "grid");
    enter(cellAt(grid, 1, Infinity), false);
  }

  const inMap = (target) => target.closest && target.closest("table[data-grid] tbody td, table[data-grid] tr.heads th");

  main.addEventListener("mouseover", (e) => { const c = inMap(e.target); if (c) tell(c); });
  main.addEventListener("focusin", (e) => { const c = inMap(e.target); if (c) tell(c); });
  main.addEventListener("click", (e) => {
    const cell = inMap(e.target);
    if (cell && !e.target.closest("a")) open(cell);
  });
  main.addEventListener("keydown", (e) => {
    const cell = inMap(e.target);
    if (!cell || e.ctrlKey || e.altKey || e.metaKey) return;
    const { grid, row, column } = placeOf(cell);
    const to = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      Home: [row, 1], End: [row, Infinity], PageUp: [row - 10, column], PageDown: [row + 10, column],
    }[e.key];
    if (to) enter(cellAt(grid, ...to), true);
    else if (e.key === "Enter") open(cell);
    else return;
    e.preventDefault();
  });

  // ---- Forms ----

  main.addEventListener("change", (e) => {
    if (e.target.matches("form.choose select")) e.target.form.requestSubmit();
  });

  // ---- Silences ----

  async function send(method, path, body) {
    const answer = await fetch(path, { method, body: body && JSON.stringify(body), headers: { "Content-Type": "application/json" } });
    if (!answer.ok) throw new Error((await answer.json()).error);
  }

  // Without the script there is nothing that these could do.
  function unfold() {
    for (const part of main.querySelectorAll("form[data-silence], button[data-end]")) part.hidden = false;
  }

  main.addEventListener("submit", async (e) => {
    if (!e.target.matches("form[data-silence]")) return;
    e.preventDefault();
    const form = e.target, said = form.querySelector(".problem"), text = Object.fromEntries(new FormData(form));
    text.matchers = text.matchers.split("\n").map((m) => m.trim()).filter((m) => m);
    try {
      await send("POST", "/api/v1/silences", text);
      location.assign("/silences");
    } catch (err) {
      said.textContent = err.message;
      said.hidden = false;
    }
  });

  main.addEventListener("click", async (e) => {
    if (!e.target.matches("button[data-end]")) return;
    try {
      await send("DELETE", "/api/v1/silences/" + encodeURIComponent(e.target.dataset.end));
      location.assign("/silences");
    } catch (err) {
      live.textContent = err.message;
    }
  });

  // ---- News ----

  // keep remembers what a person is doing on the page, to bring it back on the next.
  function keep() {
    const at = document.activeElement;
    const open = [...main.querySelectorAll("details[open]")].map((d) => d.id);
    const scrolled = [...main.querySelectorAll(".scroll, .map, .wide")].map((s) => [s.scrollLeft, s.scrollTop]);
    let focus = () => null;
    if (main.contains(at)) {
      const cell = inMap(at);
      if (cell) {
        const fromEnd = cell.cellIndex - cell.parentElement.cells.length;
        const name = cell.parentElement.cells[0].textContent;
        focus = () => {
          const grid = main.querySelector("table[data-grid]");
          const row = grid ? rowsOf(grid).findIndex((r) => r.cells[0].textContent === name) : -1;
          const c = row >= 0 && cellAt(grid, row, rowsOf(grid)[0].cells.length + fromEnd);
          if (c) enter(c, false);
          return c;
        };
      } else if (at.id) {
        focus = () => document.getElementById(at.id);
      } else {
        const same = (el) => el.tagName === at.tagName && (el.getAttribute("href") || el.name || el.ariaLabel) === (at.getAttribute("href") || at.name || at.ariaLabel);
        focus = () => [...main.querySelectorAll(at.tagName)].find(same);
      }
    }
    return () => {
      for (const id of open) { const d = document.getElementById(id); if (d) d.open = true; }
      main.querySelectorAll(".scroll, .map, .wide").forEach((s, i) => { if (scrolled[i]) [s.scrollLeft, s.scrollTop] = scrolled[i]; });
      const el = focus();
      if (el) el.focus({ preventScroll: true });
    };
  }

  let busy = false, again = false;

  // say tells whether the page is as things are.
  function say(connected, text) {
    live.textContent = text;
    document.body.classList.toggle("cut", !connected);
    const pill = document.getElementById("ready");
    if (!connected) {
      pill.textContent = "not connected";
      pill.className = "pill pending";
    }
  }

  const gone = () => say(false, "The daemon does not answer; this is what it said last.");

  async function renew() {
    if (busy || document.hidden) { again = true; return; }
    // What somebody is filling in is not taken away.
    if (main.contains(document.activeElement) && document.activeElement.matches("select, input, textarea")) { again = true; return; }
    if ([...main.querySelectorAll("input, textarea")].some((f) => f.value !== f.defaultValue)) { again = true; return; }
    busy = true; again = false;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      // That something is not there any more is an answer, too.
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!fresh.getElementById("main")) throw new Error(answer.status);
      const back = keep();
      main.replaceChildren(...fresh.getElementById("main").childNodes);
      for (const part of ["header nav", "#ready"]) document.querySelector(part).replaceWith(fresh.querySelector(part));
      start();
      back();
      say(true, "Up to date.");
    } catch {
      gone();
    } finally {
      busy = false;
    }
  }

  main.addEventListener("focusout", () => { if (again) renew(); });

  // A browser opens few connections to one place: only a page that is seen has a
  // stream of events.
  let events = null, heard = 0, opened = false;
  const patience = 45_000, pause = 3_000; // ms; the daemon is silent for 15 s at most

  function hush() {
    if (events) events.close();
    events = null;
  }

  function listen() {
    hush();
    if (document.hidden) return;
    heard = Date.now();
    events = new EventSource("/api/v1/events");
    const on = (name, fn) => events.addEventListener(name, (e) => { heard = Date.now(); fn(e); });
    on("open", () => {
      say(true, "The page renews itself.");
      if (opened) renew();
      opened = true;
    });
    on("change", renew);
    on("alive", () => {});
    on("progress", (e) => {
      const moved = JSON.parse(e.data);
      for (const bar of main.querySelectorAll("progress[data-monitor]")) {
        if (bar.dataset.monitor in moved) bar.value = moved[bar.dataset.monitor];
      }
    });
    events.addEventListener("error", () => {
      gone();
      hush(); // the watch below tries again; by itself it would not after every kind of error
    });
  }

  // The watch also sees a connection that ended while the computer slept.
  setInterval(() => {
    if (document.hidden) return;
    if (events && Date.now() - heard > patience) hush();
    if (!events) listen();
  }, pause);

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hush();
    else listen();
  });
  addEventListener("pagehide", hush);

  start();
  listen();
  addEventListener("pageshow", (e) => { if (e.persisted) listen(); });
})();
