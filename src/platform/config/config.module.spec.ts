import 'reflect-metadata';
import { ConfigService } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { APP_CONFIG, provideAppConfig } from './app-config.js';
import { ConfigModule } from './config.module.js';
import { loadConfig, type ResolvedConfig } from './load-config.js';

const ROOT = '/nonexistent-package-root';

describe('ConfigModule', () => {
  it('provides the resolved configuration under its token and through ConfigService', async () => {
    const config = loadConfig({ packageRoot: ROOT, env: { TRAINING_API_PORT: '8123' }, cwd: ROOT });
    provideAppConfig(config);
    const module = await Test.createTestingModule({ imports: [ConfigModule] }).compile();
    expect(module.get<ResolvedConfig>(APP_CONFIG)).toBe(config);
    expect(module.get(ConfigService).get('app.values.api.port')).toBe(8123);
    expect(process.env.TRAINING_API_PORT).toBeUndefined();
    await module.close();
  });
});
