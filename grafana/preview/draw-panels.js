// Runs in the page of the preview: draws what preview-page.ts put into window.dashboard.
/* global window, document, uPlot */
const colors = ["#3274d9", "#37872d", "#e0b400", "#c4162a", "#8f3bb8", "#fa6400", "#19a3b0", "#6c6c6c"];
const columnPixels = 58;
const rowPixels = 30;

const element = (name, text, className = "") => {
  const created = document.createElement(name);
  created.textContent = text;
  created.className = className;
  return created;
};

const last = (values) => values.findLast((value) => value !== null) ?? null;

const units = {
  s: (value) => (value >= 7200 ? `${(value / 3600).toFixed(1)} h` : `${value.toFixed(value < 10 ? 2 : 0)} s`),
  bytes: (value) => (value >= 1e6 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e3).toFixed(1)} kB`),
  percentunit: (value) => `${(value * 100).toFixed(1)} %`,
};

const show = (value, unit) =>
  value === null ? "" : (units[unit] ?? ((number) => String(Math.round(number * 100) / 100)))(value);

function drawNumbers(panel, box) {
  for (const series of panel.series) {
    const item = element("div", "", "number");
    item.append(element("b", show(last(series.values), panel.unit)), element("span", series.name));
    box.append(item);
  }
}

function drawTable(panel, box) {
  for (const series of panel.series.filter(({ values }) => last(values) !== null)) {
    const row = element("div", "", "row");
    row.append(element("span", series.name), element("b", show(last(series.values), panel.unit)));
    box.append(row);
  }
}

function drawTimeline(panel, box) {
  for (const series of panel.series.toSorted((a, b) => a.name.localeCompare(b.name))) {
    const line = element("div", "", "line");
    line.append(element("span", series.name.replace("workspace-", "")));
    const bar = element("div", "", "bar");
    for (const value of series.values) {
      const cell = element("i", "");
      cell.style.background = panel.valueNames[value]?.color ?? "transparent";
      bar.append(cell);
    }
    line.append(bar);
    box.append(line);
  }
  const legend = element("div", "", "legend");
  for (const { text, color } of Object.values(panel.valueNames)) {
    const key = element("span", text);
    key.style.borderLeft = `10px solid ${color}`;
    legend.append(key);
  }
  box.append(legend);
}

function stack(series) {
  const sums = [];
  return series.map(({ values }) =>
    values.map((value, index) => (sums[index] = (sums[index] ?? 0) + (value ?? 0))),
  );
}

function drawGraph(panel, box, size) {
  const isStacked = panel.kind === "stacked";
  const values = isStacked ? stack(panel.series) : panel.series.map((series) => series.values);
  const order = values.map((_, index) => index);
  if (isStacked) order.reverse();
  const line = (index) => ({
    label: panel.series[index].name,
    stroke: colors[index % colors.length],
    fill: isStacked ? colors[index % colors.length] : undefined,
    width: 1.5,
    points: { show: false },
    value: () => show(last(panel.series[index].values), panel.unit),
  });
  const axis = { size: 70, values: (_, ticks) => ticks.map((tick) => show(tick, panel.unit)) };
  const options = {
    ...size,
    series: [{}, ...order.map(line)],
    axes: [{}, axis],
    scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high ?? 1) * 1.1 || 1] } },
    legend: { live: true },
  };
  return new uPlot(options, [panel.times, ...order.map((index) => values[index])], box);
}

function drawPanel(panel) {
  const section = element("section", "");
  section.style.width = `${panel.width * columnPixels - 12}px`;
  section.append(element("h3", panel.title));
  const box = element("div", "", panel.kind);
  section.append(box);
  if (panel.series.length === 0) box.append(element("p", "nothing to show"));
  else if (panel.kind === "number") drawNumbers(panel, box);
  else if (panel.kind === "table") drawTable(panel, box);
  else if (panel.kind === "timeline") drawTimeline(panel, box);
  else
    drawGraph(panel, box, { width: panel.width * columnPixels - 24, height: panel.height * rowPixels - 80 });
  return section;
}

for (const row of window.dashboard.rows) {
  document.body.append(element("h2", row.title));
  const panels = element("div", "", "panels");
  panels.append(...row.panels.map(drawPanel));
  document.body.append(panels);
}
document.body.dataset.drawn = "true";
