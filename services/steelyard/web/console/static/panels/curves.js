// The curves of a job while it trains: loss, metrics, learning rate.
import { color, draw } from "../chart.js";
import { element } from "../dom.js";
import { visibleRange } from "../math/series.js";
import { panel } from "../panel.js";
import { at, follow, move, whole } from "../position.js";

/** @typedef {import("../math/series.js").History} History */
const OTHERS = ["seconds", "learning_rate"];

/** The charts: titles, and the names of their series. @param {History} history */
function charts({ series }) {
  const names = Object.keys(series).filter((name) => !OTHERS.includes(name));
  const base = (/** @type {string} */ name) => name.replace(/^val_/, "");
  const groups = [...new Set(names.map(base))].map((title) => ({
    title,
    names: names.filter((name) => base(name) === title),
  }));
  const rate = series.learning_rate ?? [];
  if (new Set(rate.filter((value) => value !== null)).size > 1)
    groups.push({ title: "learning_rate", names: ["learning_rate"] });
  return groups;
}

/** @param {History} history @param {string[]} names */
function traces(history, names) {
  const mode = history.epochs.length > 1 ? "lines" : "markers";
  return names.map((name) => {
    const isValidation = name.startsWith("val_");
    const line = { color: color(isValidation ? "--run" : "--accent"), width: 2, dash: isValidation ? "dash" : "solid" };
    return {
      x: history.epochs,
      y: history.series[name],
      name: isValidation ? "validation" : name === "learning_rate" ? "learning rate" : "training",
      mode,
      line,
    };
  });
}

/**
 * @param {string} path of the job
 * @param {History} history
 * @param {import("../recording.js").Recording} recording
 */
export function makeCurves(path, history, recording) {
  const made = panel({
    title: "Curves",
    id: "curves",
    request: () => `${path}/history`,
    numbers: () => ({
      head: ["epoch", ...Object.keys(history.series)],
      rows: history.epochs.map((epoch, row) => [epoch, ...Object.values(history.series).map((values) => values[row])]),
    }),
  });
  const logarithmic = element("input", {
    type: "checkbox",
    id: "log",
    onchange: () => {
      move({ log: logarithmic.checked ? 1 : null });
      show();
    },
  });
  const places = element("div", { className: "curves" });
  made.body.append(element("label", { className: "check", for: "log" }, logarithmic, "Logarithmic scale"), places);
  let revision = 0; // plotly computes an axis again only for data that it takes for new
  /** @type {{kept: number | null, zoom: [number, number] | null}} the epoch of the kept weights, and the epochs that are seen */
  const view = { kept: null, zoom: null };
  /** @param {[number, number] | null} zoom */
  const look = (zoom) => {
    view.zoom = zoom;
    window.setTimeout(show);
  }; // plotly is not done yet when it tells

  async function show() {
    logarithmic.checked = at("log") === "1";
    const wanted = charts(history);
    await Promise.all(
      wanted.map(({ title, names }, place) => drawOne(chartPlace(places, title, place, recording, look), title, names)),
    );
    places.dataset.epochs = String(history.epochs.at(-1));
    showCursors();
    if (history.stride > 1)
      made.note(`One of ${history.stride} epochs of this long training is drawn; the CSV of the history has all.`);
    made.refresh();
  }

  /** @param {HTMLElement} place @param {string} title @param {string[]} names */
  function drawOne(place, title, names) {
    const isLogarithmic = logarithmic.checked && (title === "loss" || title === "learning_rate");
    const shapes =
      view.kept !== null && view.kept !== history.epochs.at(-1)
        ? [
            {
              type: "line",
              x0: view.kept,
              x1: view.kept,
              y0: 0,
              y1: 1,
              yref: "paper",
              line: { color: color("--muted"), dash: "dot", width: 1 },
            },
          ]
        : [];
    const annotations =
      shapes.length && title === "loss"
        ? [
            {
              x: view.kept,
              y: 1,
              yref: "paper",
              text: `weights of epoch ${view.kept}`,
              showarrow: false,
              xanchor: "right",
            },
          ]
        : [];
    const seen =
      view.zoom &&
      visibleRange(
        history.epochs,
        names.map((name) => history.series[name]),
        ...view.zoom,
        { logarithmic: isLogarithmic },
      );
    const isShort = (history.epochs.at(-1) ?? 0) - (history.epochs[0] ?? 0) < 8; // no ticks between epochs
    return draw(place, () => traces(history, names), {
      xaxis: { ...(view.zoom ? { range: view.zoom } : { autorange: true }), ...(isShort ? { dtick: 1 } : {}) },
      yaxis: seen ? { range: seen } : { autorange: true },
      x: "epoch",
      y: title.replaceAll("_", " "),
      logarithmic: isLogarithmic,
      datarevision: (revision += 1),
      shapes,
      annotations,
      showlegend: title === "loss",
      margin: { l: 55, r: 12, t: 22, b: 40 },
    });
  }

  function showCursors() {
    const epoch = recording.nearest(whole("epoch"));
    for (const place of /** @type {Iterable<any>} */ (places.querySelectorAll(".chart"))) {
      const axis = place._fullLayout?.xaxis;
      if (!axis || !recording.epochs.length) continue;
      const x = axis._offset + axis.d2p(Math.max(epoch, history.epochs[0] ?? 0));
      const isInside = x >= axis._offset - 1 && x <= axis._offset + axis._length + 1;
      place.nextElementSibling.style.transform = `translateX(${isInside ? x : -9999}px)`;
    }
  }

  let width = 0;
  new ResizeObserver(() => {
    // plotly follows the window alone, and the card is narrower once there are metrics
    if (places.clientWidth === width) return;
    width = places.clientWidth;
    for (const place of /** @type {Iterable<any>} */ (places.querySelectorAll(".chart")))
      if (place._fullLayout) /** @type {any} */ (window).Plotly.Plots.resize(place).then(showCursors);
  }).observe(places);
  follow(made.card, showCursors);
  return {
    card: made.card,
    /** @param {any} job */
    show(job) {
      view.kept = job.stopping?.weights_epoch ?? null;
      made.card.hidden = !history.epochs.length && job.finished_at !== null;
      if (history.epochs.length) show();
    },
  };
}

/** @param {HTMLElement} places @param {string} title @param {number} number @param {import("../recording.js").Recording} recording @param {(zoom: [number, number] | null) => void} look */
function chartPlace(places, title, number, recording, look) {
  const found = /** @type {HTMLElement | null} */ (places.querySelector(`[data-series="${title}"]`));
  if (found) return found;
  const place = /** @type {any} */ (
    element("div", {
      className: `chart${number ? " short" : ""}`,
      dataset: { series: title },
      role: "img",
      "aria-label": `${title.replaceAll("_", " ")} by epoch; the table has the numbers`,
    })
  );
  places.append(
    element(
      "div",
      { className: `curve${number ? "" : " main"}` },
      place,
      element("div", { className: "cursor", "aria-hidden": "true" }),
    ),
  );
  new MutationObserver((_changes, observer) => {
    if (!place.on) return;
    observer.disconnect();
    place.on("plotly_click", (/** @type {any} */ event) => move({ epoch: recording.nearest(event.points[0].x) }));
    place.on("plotly_relayout", (/** @type {any} */ change) => {
      // all charts show the same epochs, and the values of those
      if (change["xaxis.autorange"]) look(null);
      else if (change["xaxis.range[0]"] !== undefined) look([change["xaxis.range[0]"], change["xaxis.range[1]"]]);
    });
  }).observe(place, { childList: true, attributes: true });
  return place;
}
