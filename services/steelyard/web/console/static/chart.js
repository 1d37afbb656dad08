// Charts by plotly, which is loaded when the first is drawn. Its script keeps the page busy for up to a second, so that
// what the page draws itself is drawn first.

const SCRIPT = "/assets/plotly.min.js";
/** @type {Promise<any> | undefined} */
let loading;

/** @returns {Promise<any>} */
function plotly() {
  loading ??= new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.onload = () => done(/** @type {any} */ (window).Plotly);
    script.onerror = () => {
      loading = undefined;
      fail(new TypeError("the charts could not be loaded"));
    };
    requestAnimationFrame(() => setTimeout(() => document.head.append(script)));
  });
  return loading;
}

/** The value of a CSS variable, such as `--accent`. @param {string} name */
export const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The color of the n-th line of a chart, distinct in light and dark. @param {number} index */
export const ink = (index) => color(`--line-${(index % 8) + 1}`);

const DASHES = ["solid", "dash", "dot", "dashdot", "longdash"];
/** Beside the color, a pattern for each line. @param {number} index */
export const dash = (index) => DASHES[index % DASHES.length];

/** @param {{x?: string, y?: string, logarithmic?: boolean, [name: string]: any}} options */
function layout({ x = "", y = "", logarithmic = false, xaxis = {}, yaxis = {}, ...rest }) {
  const axis = { gridcolor: color("--line"), zerolinecolor: color("--line"), automargin: true };
  return {
    margin: { l: 55, r: 12, t: 10, b: 45 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family: "system-ui, sans-serif", size: 13, color: color("--muted") },
    xaxis: { ...axis, title: { text: x }, ...xaxis },
    yaxis: { ...axis, title: { text: y }, type: logarithmic ? "log" : "linear", ...yaxis },
    legend: { orientation: "h", y: 1.12 },
    hovermode: "closest",
    ...rest,
  };
}

/** @type {Map<HTMLElement, () => void>} */
const drawn = new Map();

/**
 * Draw a chart, or change the one that is there. It is drawn again in other colors when the system's theme changes.
 * @param {HTMLElement} place
 * @param {() => object[]} traces as plotly has them; a function, since colors depend on the theme
 * @param {{x?: string, y?: string, logarithmic?: boolean, [name: string]: any}} [options] names of the axes, and whatever plotly's layout has
 */
export async function draw(place, traces, options = {}) {
  const library = await plotly();
  const again = () => library.react(place, traces(), layout(options), { displayModeBar: false, responsive: true });
  drawn.set(place, again);
  await again();
}

/** Take a chart away, with what it keeps in memory. @param {HTMLElement} place */
export async function erase(place) {
  if (!drawn.delete(place)) return;
  (await plotly()).purge(place);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const [place, again] of drawn)
    if (place.isConnected) again();
    else drawn.delete(place);
});
