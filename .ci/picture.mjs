// Draws what the dashboard's panels show of the last seconds, as a Prometheus has it: node .ci/picture.mjs URL SECONDS FILE.
// PICTURE=docs/dashboard.svg .ci/steps/39-dashboard.sh makes the run, scrapes it and calls this.
import { readFileSync, writeFileSync } from 'node:fs';

const [base, seconds, file] = process.argv.slice(2);
const dashboard = JSON.parse(readFileSync('deploy/grafana/edge.json', 'utf8'));
const variables = { job: 'edge', route: '.*', __rate_interval: '10s' };
const end = Math.floor(Date.now() / 1000);
const start = end - Number(seconds);
const COLUMNS = 3, WIDTH = 330, HEIGHT = 190, LEGENDS = 5;
const PLOT = { left: 12, top: 42, width: WIDTH - 24, height: 76 };
const COLORS = ['#3274d9', '#e0752d', '#299c46', '#a352cc', '#c4162a'];

const escape = text => text.replace(/[&<>"]/g, c => `&#${c.charCodeAt(0)};`);

async function seriesOf(target) {
  const expression = target.expr.replace(/\$(?:\{(\w+)\}|(\w+))/g, (all, a, b) => variables[a ?? b] ?? all);
  const url = `${base}/api/v1/query_range?query=${encodeURIComponent(expression)}&start=${start}&end=${end}&step=1`;
  const body = await (await fetch(url)).json();
  if (body.status !== 'success') throw new Error(body.error);
  return body.data.result.map(one => ({
    name: target.legendFormat.replace(/\{\{(\w+)\}\}/g, (_, label) => one.metric[label] ?? '').trim() || 'all',
    points: one.values.map(([at, value]) => [at, Number(value)]).filter(([, value]) => Number.isFinite(value)),
  })).filter(one => one.points.length > 1);
}

function format(value, unit) {
  if (unit === 'percentunit') return `${+(value * 100).toPrecision(3)} %`;
  if (unit === 's') return value < 1 ? `${+(value * 1000).toPrecision(3)} ms` : `${+value.toPrecision(3)} s`;
  if (unit === 'bytes') return `${+(value / 1048576).toPrecision(3)} MiB`;
  return `${+value.toPrecision(3)}`;
}

function draw(panel, all, index) {
  const x = (index % COLUMNS) * WIDTH, y = Math.floor(index / COLUMNS) * HEIGHT;
  const unit = panel.fieldConfig.defaults.unit;
  const last = one => one.points.at(-1)[1];
  const shown = all.sort((a, b) => last(b) - last(a)).slice(0, LEGENDS);
  const most = Math.max(...all.flatMap(one => one.points.map(point => point[1])), 0) || 1;
  const at = ([time, value]) => `${(PLOT.left + (time - start) / (end - start) * PLOT.width).toFixed(1)},` +
    `${(PLOT.top + PLOT.height * (1 - Math.max(value, 0) / most)).toFixed(1)}`;
  const parts = [`<rect x="4" y="4" width="${WIDTH - 8}" height="${HEIGHT - 8}" rx="4" fill="#fff" stroke="#d8d9da"/>`,
    `<text x="12" y="22" font-weight="bold">${escape(panel.title)}</text>`,
    `<text x="12" y="37" fill="#767676">${escape(format(most, unit))}</text>`,
    `<path d="M${PLOT.left} ${PLOT.top + PLOT.height}h${PLOT.width}" stroke="#d8d9da"/>`];
  shown.forEach((one, i) => {
    parts.push(`<polyline fill="none" stroke="${COLORS[i]}" stroke-width="1.5" points="${one.points.map(at).join(' ')}"/>`);
    parts.push(`<text x="12" y="${PLOT.top + PLOT.height + 13 + i * 11}" font-size="9" fill="${COLORS[i]}">` +
      `${escape(one.name.slice(0, 52))}: ${escape(format(last(one), unit))}</text>`);
  });
  return `<g transform="translate(${x} ${y})">${parts.join('')}</g>`;
}

const drawn = [];
for (const panel of dashboard.panels) {
  const all = (await Promise.all(panel.targets.map(seriesOf))).flat();
  if (all.length > 0) drawn.push(draw(panel, all, drawn.length));
}

if (drawn.length < dashboard.panels.length - 1) throw new Error(`only ${drawn.length} panels have data`);
const height = Math.ceil(drawn.length / COLUMNS) * HEIGHT;
writeFileSync(file, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${COLUMNS * WIDTH} ${height}" ` +
  'font-family="sans-serif" font-size="12" fill="#333"><rect width="100%" height="100%" fill="#f4f5f5"/>\n' +
  `${drawn.join('\n')}\n</svg>\n`);
console.log(`${drawn.length} panels in ${file}`);
