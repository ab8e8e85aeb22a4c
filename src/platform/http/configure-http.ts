import { join } from 'node:path';
import { RequestMethod } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { APP_VERSION } from '../app-version.js';
import { APP_CONFIG } from '../config/app-config.js';
import type { ResolvedConfig } from '../config/load-config.js';
import type { AppLogger } from '../logging/app-logger.js';
import { ApiKeysService } from '../security/api-keys.service.js';
import { AuditRepository } from '../security/audit.repository.js';
import { httpMetrics } from '../metrics/http-metrics.js';
import { ServiceMetrics } from '../metrics/service-metrics.js';
import { accessControl } from './access.js';
import { AuthorisationGuard } from './authorisation.guard.js';
import {
  bodyDeadline,
  bodyLimit,
  JSON_TYPES,
  mediaTypeGuard,
  noteDuplicateKeys,
  refuseDuplicateKeys,
} from './body-guards.js';
import { IfMatchGuard } from './etag.js';
import { IdempotencyService } from './idempotency/idempotency.service.js';
import { IdempotencyInterceptor } from './idempotency/idempotent.js';
import { Dashboard } from './dashboard.js';
import { readDashboard } from './dashboard-files.js';
import { legacyRoutes } from './legacy-routes.js';
import { completeDocument } from './openapi-document.js';
import { readExamples } from './openapi-examples.js';
import { ProblemFilter } from './problem.filter.js';
import { QueryGuard } from './query-guard.js';
import { RateLimit } from './rate-limit.js';
import { RefusalAudit } from './refusal-audit.js';
import { hostGuard, originGuard, requestId, targetGuard } from './request-guards.js';
import { requestLog } from './request-log.js';
import { BEARER_SCHEME, HEADER_SCHEME } from './requires.js';
import { validationPipe } from './validation.js';

export interface HttpOptions {
  /** Names under which this process may be called. */
  readonly hosts: readonly string[];
  /** Only this machine can reach it. */
  readonly isLoopback: boolean;
}

/** Routes beside the controllers. Access control asks for a key, and every key may read. */
export const DOCUMENTATION_PATH = 'api/docs';
export const OPENAPI_PATH = 'api/openapi.json';

/** Everything between the socket and the controllers, in the order a request meets it. */
export function configureHttp(
  app: NestExpressApplication,
  logger: AppLogger,
  { hosts, isLoopback }: HttpOptions,
): void {
  const { values, paths } = app.get<ResolvedConfig>(APP_CONFIG);
  const { api } = values;
  const dashboard = new Dashboard(readDashboard(join(paths.packageRoot, 'dist', 'web')));
  const refusals = new RefusalAudit(app.get(AuditRepository), logger);
  const hasOrigins = api.cors_origins.length > 0;
  app.disable('x-powered-by');
  app.set('etag', 'strong');
  const metrics = app.get(ServiceMetrics);
  if (metrics.enabled) app.use(httpMetrics(metrics));
  app.use(
    requestId(),
    requestLog(logger, api.key),
    browserRules(),
    targetGuard(hasOrigins),
    hostGuard(hosts),
    legacyRoutes(),
  );
  if (hasOrigins) allowOrigins(app, api.cors_origins);
  app.use(
    originGuard(api.cors_origins, refusals),
    accessControl({
      keys: app.get(ApiKeysService),
      isLoopback,
      environmentKey: api.key,
      refusals,
      limit: new RateLimit(api.rate_limit),
      dashboard,
    }),
    dashboard.handler(),
    mediaTypeGuard(),
    bodyDeadline(),
    bodyLimit(api.max_body_bytes),
  );
  // Nest's type of these options does not know the body parser's `verify`.
  const json = { type: JSON_TYPES, limit: api.max_body_bytes, inflate: false, verify: noteDuplicateKeys };
  app.useBodyParser('json', json);
  app.use(refuseDuplicateKeys());
  app.setGlobalPrefix('api/v1', {
    exclude: [{ path: 'metrics', method: RequestMethod.GET }, 'v2', 'v2/*rest'],
  });
  app.useGlobalGuards(new AuthorisationGuard(refusals, logger), new QueryGuard(), new IfMatchGuard());
  app.useGlobalInterceptors(new IdempotencyInterceptor(app.get(IdempotencyService)));
  app.useGlobalPipes(validationPipe());
  app.useGlobalFilters(new ProblemFilter(logger));
  addDocumentation(app, paths.packageRoot);
}

/** Headers that tell browsers to do less. */
function browserRules(): RequestHandler[] {
  const policy = (styles: readonly string[]): RequestHandler =>
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          scriptSrc: ["'self'"],
          styleSrc: [...styles],
          imgSrc: ["'self'", 'data:'],
          formAction: ["'self'"],
          frameAncestors: ["'none'"],
          objectSrc: ["'none'"],
          baseUri: ["'none'"],
        },
      },
      strictTransportSecurity: false,
      frameguard: { action: 'deny' },
    });
  const everywhere = policy(["'self'"]);
  // Swagger UI writes styles into its page.
  const documentation = policy(["'self'", "'unsafe-inline'"]);
  return [
    (request, response, next) => {
      response.setHeader('cache-control', 'no-store');
      (request.path.startsWith(`/${DOCUMENTATION_PATH}`) ? documentation : everywhere)(
        request,
        response,
        next,
      );
    },
  ];
}

/** Pages of these origins may call, with a key in a header. No cookies: there are none, and none may be asked for. */
function allowOrigins(app: NestExpressApplication, origins: readonly string[]): void {
  app.enableCors({
    origin: [...origins],
    credentials: false,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      ...['Authorization', 'X-API-Key', 'Content-Type', 'Idempotency-Key', 'If-Match', 'Last-Event-ID'],
      ...['Range', 'Upload-Offset', 'Upload-Length', 'X-Request-Id'],
    ],
    exposedHeaders: [
      ...['ETag', 'Location', 'X-Request-Id', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'],
      ...['Retry-After', 'Repr-Digest', 'Upload-Offset', 'Upload-Length', 'Upload-Complete'],
      ...['Idempotency-Replayed', 'Deprecation', 'Sunset', 'Link'],
    ],
    maxAge: 600,
  });
}

function addDocumentation(app: NestExpressApplication, packageRoot: string): void {
  const builder = new DocumentBuilder()
    .setTitle('mcp-training')
    .setDescription('Trains anomaly models from WiFi router logs: exports in, verified models out.')
    .setVersion(APP_VERSION)
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key' }, BEARER_SCHEME)
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, HEADER_SCHEME)
    .build();
  const document = SwaggerModule.createDocument(app, builder);
  completeDocument(document, readExamples(packageRoot));
  SwaggerModule.setup(DOCUMENTATION_PATH, app, document, {
    jsonDocumentUrl: OPENAPI_PATH,
    raw: ['json'],
    customSiteTitle: 'mcp-training API',
  });
}
