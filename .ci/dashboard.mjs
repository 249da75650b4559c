// Asks a Prometheus every query of the dashboard and of the alerts, as Grafana would. Each must be one that it understands,
// and each but those named in QUIET must have data, for the run that was scraped did something of everything. The alerts that
// are to be pending or firing are named, in the order of the alphabet.
// node .ci/dashboard.mjs http://127.0.0.1:PORT 'ALERT ALERT'
import { readFileSync } from 'node:fs';

const QUIET = [
  'Redis', // the run has none
];
const base = process.argv[2];
const dashboard = JSON.parse(readFileSync('deploy/grafana/edge.json', 'utf8'));
const variables = { route: '.*', __rate_interval: '30s' };
let passed = 0;
let failed = 0;

function note(ok, text) {
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${text}`);
  if (ok) passed++;
  else failed++;
}

async function query(expression) {
  const answer = await fetch(`${base}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const body = await answer.json();
  if (body.status !== 'success') throw new Error(body.error);
  // NaN is what comes of a quantile or a share of nothing.
  return body.data.result.filter(series => !Number.isNaN(Number(series.value[1])));
}

// Each as a reader of all jobs asks it, and those of LLMs also for a job that tells by today's names and for one that does not.
function ways(target) {
  return target.expr.includes('gen_ai_client_') ? ['.*', 'edge', 'newest'] : ['.*'];
}

for (const panel of dashboard.panels) {
  for (const [target, job] of panel.targets.flatMap(target => ways(target).map(job => [target, job]))) {
    const values = { ...variables, job };
    const expression = target.expr.replace(/\$(?:\{(\w+)\}|(\w+))/g, (all, a, b) => values[a ?? b] ?? all);
    try {
      const series = await query(expression);
      const labels = [...target.legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(match => match[1]);
      const missing = labels.filter(label => series.length > 0 && series.every(one => !(label in one.metric)));
      const isQuiet = QUIET.includes(panel.title);
      note((series.length > 0 || isQuiet) && missing.length === 0,
        `${panel.title}, job ${job}: ${series.length} series${missing.length > 0 ? `, none with ${missing}` : ''}`);
    } catch (error) {
      note(false, `${panel.title}: ${error.message}`);
    }
  }
}

// An alert is seen a moment after what it is about.
const wanted = process.argv[3];
let alerts;
let raised;
for (const end = Date.now() + 30_000; Date.now() < end; await new Promise(resolve => setTimeout(resolve, 500))) {
  const rules = await (await fetch(`${base}/api/v1/rules`)).json();
  alerts = rules.data.groups.flatMap(group => group.rules);
  raised = alerts.filter(alert => alert.state !== 'inactive').map(alert => alert.name).sort().join(' ');
  if (raised === wanted) break;
}

for (const alert of alerts) {
  note(alert.health === 'ok', `alert ${alert.name} is evaluated${alert.lastError ? `: ${alert.lastError}` : ''}`);
}

note(raised === wanted, `alerts that are pending or firing: ${raised}${raised === wanted ? '' : `, not ${wanted}`}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
