import { createHash } from 'node:crypto';
import { duration, fixed, moment, percent, short, sourceText, whole, type CardInput } from './card-input.js';
import { CARD_STYLE } from './card-style.js';
import { dataSection } from './data-section.js';
import { factList, Html, html, htmlTable, type Fragment } from './html.js';
import { alertSection, gateSection, labelledParts, resultsSection } from './results-section.js';

const SECTIONS = [
  ['data', 'Data'],
  ['results', 'Results'],
  ['alerts', 'Threshold and alerts'],
  ['gate', 'Gate'],
  ['limits', 'Limits'],
  ['features', 'Features'],
  ['lineage', 'Lineage'],
] as const;

/** The policy under which a browser shows a card: nothing is loaded, nothing runs, only its own style applies. */
export function cardPolicy(style: string): string {
  const hash = createHash('sha256').update(style).digest('base64');
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

/** The policy of a card that was written earlier, perhaps by another release with another style. */
export function policyOfCard(page: string): string {
  return cardPolicy(/<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '');
}

/**
 * `report.html`: a model card (Mitchell et al. 2019) as one page that needs nothing beside it. The same model gives the
 * same bytes.
 */
export function renderModelCard(input: CardInput): string {
  const { metadata, evaluation } = input;
  const title = `Model card: ${metadata.modelName} ${metadata.version}`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${cardPolicy(CARD_STYLE)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${new Html(`<style>${CARD_STYLE}</style>`)}
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          <p>
            ${metadata.description}. Made on
            <time datetime="${metadata.createdAt}">${moment(metadata.createdAt)}</time>.
          </p>
          <p>
            ${
              evaluation.gate?.passed === true
                ? html`<span class="good">Gate passed.</span> The model may be deployed.`
                : html`<span class="bad">Gate not passed.</span> The model cannot be deployed.`
            }
          </p>
          ${summary(input)}
          <nav aria-label="Sections">
            <ul>
              ${SECTIONS.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li> `)}
            </ul>
          </nav>
        </header>
        <main>
          ${dataSection(input)} ${resultsSection(input)} ${alertSection(input)} ${gateSection(input)}
          ${limitsSection(input)} ${featureSection(input)} ${lineageSection(input)}
        </main>
        <footer>
          <p>
            The same data for programs: report.json, metadata.json, feature_spec.json. Written by mcp-training
            ${metadata.codeVersion}.
          </p>
        </footer>
      </body>
    </html> `;
  return `${page.text.trim()}\n`;
}

function summary(input: CardInput): Html {
  const { metadata, evaluation, spec } = input;
  const parts = labelledParts(evaluation).slice(0, 2);
  return factList([
    ...parts.map((part): [string, Fragment] => [
      'ROC AUC',
      html`${fixed(part.roc_auc)} <small>${sourceText(part.label_source)}</small>`,
    ]),
    ...parts.map((part): [string, Fragment] => [
      'Average precision',
      html`${fixed(part.average_precision)} <small>${sourceText(part.label_source)}</small>`,
    ]),
    [
      'Alerts per day',
      html`${short(evaluation.label_free?.alerts_per_day)} <small>all devices, held-out</small>`,
    ],
    ['Training windows', whole(metadata.trainingSamples)],
    ['Features', html`${whole(spec.features.length)} <small>set ${metadata.featureSet}</small>`],
    ['Log lines', whole(metadata.logCount)],
  ]);
}

function limitsSection({ metadata, evaluation, spec }: CardInput): Html {
  const hasReal = evaluation.ground_truth != null || evaluation.feedback != null;
  const window = spec.window.length_seconds;
  const texts: Fragment[] = [
    hasReal
      ? 'Figures named ground_truth or feedback compare the alerts with labels that were given. They are as good as those labels: what nobody labelled counts as normal.'
      : 'No real labels were given. Precision and recall come from anomalies that were planted into held-out windows: they show that the model can tell unusual windows apart, not how many real attacks it finds.',
    'Planted anomalies are made by changing feature values. A real attack may look like none of them.',
    'The model knows what is unusual, not what is harmful: a new device, an update or a party raises the score as an attack does.',
    'What was in the training data counts as normal. An attack that went on during that time is learned as normal.',
    window > 0
      ? `It sees log lines only, counted in windows of ${duration(window)}${spec.window.group_by === 'device' ? ' per device' : ' over all devices'}. What a device does not log cannot be seen, and an alert names a window, not a line.`
      : 'It sees the columns of the table only.',
    `The threshold was set on the training windows. When the network changes, the number of alerts changes; ${percent(evaluation.label_free?.flag_rate, 2)} of the held-out windows were flagged.`,
    `Scores of two versions are on scales of their own; compare alerts, not scores. Settings of this version: ${metadata.thresholdPolicy} policy.`,
  ];
  return html`<section aria-labelledby="limits">
    <h2 id="limits">Limits</h2>
    <ul>
      ${texts.map((text) => html`<li>${text}</li>`)}
    </ul>
  </section>`;
}

function featureSection({ spec }: CardInput): Html {
  const { window } = spec;
  return html`<section aria-labelledby="features">
    <h2 id="features">Features</h2>
    <p>
      ${spec.features.length} features of the set ${spec.feature_set}, catalogue version
      ${spec.catalogue_version}.
      ${
        window.length_seconds > 0
          ? html`Windows of ${duration(window.length_seconds)}, one every ${duration(window.stride_seconds)},
            time zone ${window.timezone}.`
          : null
      }
    </p>
    <div>
      ${htmlTable(
        'Features and their definitions, in the order of the columns',
        ['feature', 'unit', 'definition', 'filled with', 'clipped'],
        spec.features.map((feature, i) => [
          html`<code>${feature.name}</code>`,
          feature.unit,
          feature.definition,
          short(spec.preprocessing.impute_values[i]),
          clipText(spec.preprocessing.clip_low[i], spec.preprocessing.clip_high[i]),
        ]),
        { stacked: true },
      )}
    </div>
  </section>`;
}

function clipText(low: number | null, high: number | null): string {
  return low === null && high === null ? 'no' : `${short(low)} to ${short(high)}`;
}

function lineageSection({ metadata, spec, hashes }: CardInput): Html {
  const settings = Object.entries(metadata.hyperparameters).map(([name, value]): [string, Fragment] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const code = (text: string): Html => html`<code>${text}</code>`;
  return html`<section aria-labelledby="lineage">
    <h2 id="lineage">Lineage</h2>
    ${factList([
      [
        'Split (training, validation, test)',
        `${whole(metadata.trainingSamples)}, ${whole(metadata.validationSamples)}, ${whole(metadata.testSamples)} windows`,
      ],
      ['Release', metadata.codeVersion],
      ['Format of scikit-learn', metadata.sklearnVersion],
      [
        'Scaling',
        spec.preprocessing.kind === 'standard' ? 'standard (mean 0, variance 1)' : 'none: raw values',
      ],
      ...settings,
    ])}
    ${htmlTable(
      'Hashes of what the model was made of (SHA-256)',
      ['what', 'SHA-256'],
      [
        ['configuration', code(metadata.configHash)],
        ['feature specification', code(spec.hash)],
        ...metadata.exportFiles.map(({ name, sha256 }): Fragment[] => [name, code(sha256)]),
      ],
    )}
    ${htmlTable(
      'Files of the version (SHA-256)',
      ['file', 'SHA-256'],
      Object.entries(hashes).map(([file, hash]) => [file, code(hash)]),
    )}
  </section>`;
}
