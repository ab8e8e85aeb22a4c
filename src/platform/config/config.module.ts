import { Global, Module } from '@nestjs/common';
import { ConfigModule as NestConfigModule } from '@nestjs/config';
import { APP_CONFIG, appConfig } from './app-config.js';
import type { ResolvedConfig } from './resolve-layers.js';

/** Provides the resolved configuration, under APP_CONFIG and through Nest's ConfigService. */
@Global()
@Module({
  // The environment is read by loadConfig, which checks it; Nest would copy .env into process.env unchecked.
  imports: [
    NestConfigModule.forRoot({
      load: [appConfig],
      ignoreEnvFile: true,
      ignoreEnvVars: true,
      skipProcessEnv: true,
    }),
  ],
  providers: [
    { provide: APP_CONFIG, useFactory: (config: ResolvedConfig) => config, inject: [appConfig.KEY] },
  ],
  exports: [APP_CONFIG, NestConfigModule],
})
export class ConfigModule {}
