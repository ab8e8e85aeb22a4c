import { describe, expect, it } from 'vitest';
import { assertPackageSize, MAX_PACKAGE_BYTES, packageFileName, requirements } from './package-layout.js';

describe('package layout', () => {
  it('puts the version into the name exactly as it is', () => {
    expect(packageFileName('20240101_120000_2')).toBe('model_20240101_120000_2_deployment.zip');
  });

  it('asks for the scikit-learn versions that read the tree nodes', () => {
    expect(requirements('1.3.0').split('\n')[0]).toBe('scikit-learn>=1.3.0');
    expect(requirements('1.9.1').split('\n')[0]).toBe('scikit-learn>=1.3.0');
    expect(requirements('1.2.1').split('\n')[0]).toBe('scikit-learn>=1.2.0,<1.3.0');
  });

  it('refuses an archive that the consumer would refuse, with both sizes', () => {
    expect(() => {
      assertPackageSize('20240101_120000', MAX_PACKAGE_BYTES);
    }).not.toThrow();
    expect(() => {
      assertPackageSize('20240101_120000', MAX_PACKAGE_BYTES + 1);
    }).toThrow(/104857601 bytes.*at most 104857600/);
  });
});
