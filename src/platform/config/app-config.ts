import { registerAs } from '@nestjs/config';
import type { ResolvedConfig } from './resolve-layers.js';

/**
 * Injection token of the `ResolvedConfig` of this process: `@Inject(APP_CONFIG) config: ResolvedConfig`.
 * An entry point resolves the configuration (it knows the options of the command line) and hands it in with
 * `provideAppConfig` before the Nest application is made; nothing else may read the environment.
 */
export const APP_CONFIG = Symbol('APP_CONFIG');

let current: ResolvedConfig | undefined;

/** Sets the configuration that `ConfigModule` will provide. */
export function provideAppConfig(config: ResolvedConfig): void {
  current = config;
}

/** Namespace `app` of @nestjs/config: `configService.get('app.values.model.n_estimators')`. */
export const appConfig = registerAs('app', (): ResolvedConfig => {
  if (current === undefined)
    throw new Error('provideAppConfig() was not called before the application was made');
  return current;
});
