// The picture of the architecture that cannot rot. Read it with ARCHITECTURE.md.
const FLOW = ['export', 'features', 'training', 'evaluation', 'registry', 'deployment', 'monitoring'];
const STAGE = `(${FLOW.join('|')})`;
const CORE = ['^src/[^/]+/core/', '^src/shared/'];
/** ml-matrix and what it is made of: plain functions on numbers. */
const LINEAR_ALGEBRA = 'node_modules/(ml-[a-z-]+|is-any-array)/';
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

export default {
  forbidden: [
    rule('no-cycles', 'A cycle means two files are one file.', {}, { circular: true }),
    rule(
      'core-is-pure',
      'core/ holds algorithms: no framework, no database, no file system, no clock; linear algebra is a library.',
      { path: CORE, pathNot: '[.]spec[.]ts$' },
      { pathNot: [...CORE, '^(node:)?crypto$', LINEAR_ALGEBRA] },
    ),
    rule(
      'shared-is-the-floor',
      'shared/ imports no stage.',
      { path: '^src/shared/' },
      { path: `^src/${STAGE}/` },
    ),
    ...FLOW.slice(0, -1).map((stage, i) =>
      rule(
        `flow-is-one-way:${stage}`,
        `${stage} looks upstream only: ${FLOW.join(' -> ')}`,
        { path: `^src/${stage}/core/`, pathNot: '[.]spec[.]ts$' },
        { path: `^src/(${FLOW.slice(i + 1).join('|')})/` },
      ),
    ),
    rule(
      'stages-meet-in-the-pipeline',
      "The Nest half of a stage never imports another stage's Nest half.",
      { path: `^src/${STAGE}/`, pathNot: '^src/[^/]+/core/' },
      { path: `^src/${STAGE}/`, pathNot: ['^src/$1/', '^src/[^/]+/core/'] },
    ),
    rule(
      'tables-are-private',
      'Entities and repositories are seen by their own stage only (and by the list that feeds the data source).',
      { path: '^src/([^/]+)/' },
      { path: '[.](entity|repository)[.]ts$', pathNot: '^src/$1/' },
    ),
    rule(
      'orm-at-the-edge',
      'Only entities, repositories, modules, migrations and the database platform know the ORM.',
      {
        path: '^src/',
        pathNot: [
          '([.](entity|repository|module))[.]ts$',
          '^src/platform/database/',
          '^src/database-schema[.]ts$',
        ],
      },
      { path: 'node_modules/(@nestjs/)?typeorm/' },
    ),
    rule(
      'platform-knows-no-stage',
      'platform/ serves every stage and knows none.',
      { path: '^src/platform/' },
      { path: `^src/(${FLOW.join('|')}|pipeline|cli|workers)/` },
    ),
    rule(
      'workers-are-light',
      'A worker thread loads core/ and the thread protocol: not Nest, not TypeORM.',
      { path: '^src/workers/' },
      {
        pathNot: [
          ...CORE,
          '^src/workers/',
          '^src/platform/compute/(protocol|kernel-files|worker-files)[.]ts$',
          '^(node:)?(worker_threads|fs|os|zlib|crypto|perf_hooks)$',
        ],
      },
    ),
    rule(
      'workers-stay-light',
      'and nothing they load may load it for them.',
      { path: '^src/workers/' },
      { path: 'node_modules/', pathNot: LINEAR_ALGEBRA, reachable: true },
    ),
    rule(
      'commands-do-without-the-web-server',
      'What a command loads (app.module.ts) reaches no package of the web server: http.module.ts adds those.',
      { path: '^src/app[.]module[.]ts$' },
      { path: 'node_modules/(@nestjs/(swagger|platform-express)|helmet)/', reachable: true },
    ),
    rule(
      'one-way-out',
      'HTTP leaves this service through platform/outbound, which checks where it goes.',
      { path: '^src/', pathNot: '^src/platform/outbound/' },
      { path: '^(node:)?(https|http2|dns|dns/promises|undici)$' },
    ),
    rule(
      'entrypoints-are-leaves',
      'Nothing imports an entry point.',
      {},
      { path: '^src/(main|cli|worker)[.]ts$' },
    ),
    rule(
      'dashboard-is-a-client',
      'web/ runs in a browser: it knows the service by its routes only, and the service does not know it at all.',
      { path: '^web/' },
      { path: '^(src|migrations|scripts)/' },
    ),
    rule('service-without-dashboard', 'and the other way round.', { path: '^src/' }, { path: '^web/' }),
    rule(
      'dashboard-pages-stand-alone',
      'A page of the dashboard is fetched when it is looked at: it shares ui/, charts/, api/, format/, no other page.',
      { path: '^web/src/pages/([^/]+)/' },
      { path: '^web/src/pages/', pathNot: '^web/src/pages/$1/' },
    ),
    rule(
      'charts-are-lazy',
      'The chart library is larger than everything else: only charts/echarts.ts names it.',
      { path: '^web/', pathNot: '^web/src/charts/echarts[.]ts$' },
      { path: 'node_modules/(echarts|zrender)/' },
    ),
    rule(
      'no-orphans',
      'A file nobody imports is dead or mis-wired.',
      { orphan: true, pathNot: ['[.]d[.]ts$', '[.]spec[.]ts$', '[.]css$'] },
      {},
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['[.]spec[.]ts$', '/core/assembly/'] },
  },
};
