import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { SHUTDOWN_GRACE_MS } from '../../../src/process-life.js';
import { environmentNames } from './environment-names.js';

const BASE = join(import.meta.dirname, '../../../docker/k8s/base');
const kubectl = spawnSync('kubectl', ['kustomize', BASE], { encoding: 'utf8' });
const hasKubectl = kubectl.error === undefined;
if (!hasKubectl) {
  console.warn(
    'SKIPPED: there is no kubectl, so "kubectl kustomize" has not built docker/k8s/base in this run.',
  );
}

interface Probe {
  readonly httpGet: {
    readonly path: string;
    readonly port: string;
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
  };
}

interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly envFrom: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly resources: { readonly requests: object; readonly limits: object };
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext: object;
  readonly containers: readonly Container[];
  readonly volumes: readonly {
    readonly name: string;
    readonly persistentVolumeClaim?: { readonly claimName: string };
    readonly secret?: { readonly secretName: string };
  }[];
}

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Labels } & Labels;
    readonly template?: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec };
    readonly ports?: readonly { readonly targetPort: string }[];
  };
}

type Labels = Readonly<Record<string, string>>;

const { resources: files } = load(readFileSync(join(BASE, 'kustomization.yaml'), 'utf8')) as {
  resources: string[];
};
const resources = files.flatMap(
  (file) => loadAll(readFileSync(join(BASE, file), 'utf8')) as unknown as Resource[],
);
const named = (kind: string, name: string): Resource | undefined =>
  resources.find((resource) => resource.kind === kind && resource.metadata.name === name);
const workloads = resources.filter(({ spec }) => spec?.template !== undefined);
const pods = workloads.map(({ spec, metadata }) => ({ name: metadata.name, ...spec!.template! }));

/** Fields that the kinds here may have, as the API reference lists them: kustomize passes any misspelling on. */
const FIELDS: Readonly<Record<string, string>> = {
  '': 'apiVersion kind metadata spec data automountServiceAccountToken',
  metadata: 'name labels',
  Deployment: 'replicas strategy selector template',
  Job: 'backoffLimit activeDeadlineSeconds ttlSecondsAfterFinished template',
  Service: 'selector ports',
  PersistentVolumeClaim: 'accessModes resources',
  PodDisruptionBudget: 'minAvailable selector',
  NetworkPolicy: 'podSelector policyTypes ingress',
  pod: 'serviceAccountName automountServiceAccountToken enableServiceLinks terminationGracePeriodSeconds restartPolicy securityContext containers volumes',
  podSecurity: 'runAsNonRoot runAsUser runAsGroup fsGroup fsGroupChangePolicy seccompProfile',
  container:
    'name image args envFrom ports startupProbe livenessProbe readinessProbe lifecycle resources securityContext volumeMounts',
  containerSecurity: 'allowPrivilegeEscalation readOnlyRootFilesystem capabilities',
  probe: 'httpGet periodSeconds timeoutSeconds failureThreshold',
};

function unknownFields(value: object | undefined, type: string): string[] {
  const known = FIELDS[type].split(' ');
  return Object.keys(value ?? {})
    .filter((field) => !known.includes(field))
    .map((field) => `${type}.${field}`);
}

function probes({ startupProbe, livenessProbe, readinessProbe }: Container): (Probe | undefined)[] {
  return [startupProbe, livenessProbe, readinessProbe];
}

describe('docker/k8s/base', () => {
  it.skipIf(!hasKubectl)('is built by kubectl kustomize, with every resource', () => {
    expect(kubectl.stderr).toBe('');
    expect(kubectl.status).toBe(0);
    const built = loadAll(kubectl.stdout) as unknown as Resource[];
    const name = ({ kind, metadata }: Resource): string => `${kind}/${metadata.name}`;
    expect(built.map(name).sort()).toEqual(resources.map(name).sort());
    expect(kubectl.stdout).toContain('image: registry.example.com/mcp-training:0.1.0');
  });

  it('lists every file', () => {
    expect([...files, 'kustomization.yaml'].sort()).toEqual(readdirSync(BASE).sort());
  });

  it('has no field that the API does not know', () => {
    const unknown = resources.flatMap((resource) => [
      ...unknownFields(resource, ''),
      ...unknownFields(resource.metadata, 'metadata'),
      ...(resource.spec === undefined ? [] : unknownFields(resource.spec, resource.kind)),
    ]);
    for (const { spec } of pods) {
      unknown.push(...unknownFields(spec, 'pod'), ...unknownFields(spec.securityContext, 'podSecurity'));
      for (const container of spec.containers) {
        unknown.push(...unknownFields(container, 'container'));
        unknown.push(...unknownFields(container.securityContext, 'containerSecurity'));
        for (const probe of probes(container)) unknown.push(...unknownFields(probe, 'probe'));
      }
    }
    expect(unknown).toEqual([]);
  });

  it('names only what is there; the Secret alone comes from elsewhere', () => {
    for (const { name, spec } of pods) {
      expect(named('ServiceAccount', spec.serviceAccountName), name).toBeDefined();
      for (const { persistentVolumeClaim: claim, secret } of spec.volumes) {
        if (claim !== undefined) expect(named('PersistentVolumeClaim', claim.claimName), name).toBeDefined();
        if (secret !== undefined) expect(secret.secretName, name).toBe('mcp-training');
      }
      for (const container of spec.containers) {
        for (const { configMapRef } of container.envFrom)
          expect(named('ConfigMap', configMapRef.name)).toBeDefined();
        const volumes = spec.volumes.map((volume) => volume.name);
        expect(
          container.volumeMounts.filter((mount) => !volumes.includes(mount.name)),
          name,
        ).toEqual([]);
        const ports = (container.ports ?? []).map((port) => port.name);
        const asked = probes(container).flatMap((probe) => (probe === undefined ? [] : [probe.httpGet.port]));
        expect(
          asked.filter((port) => !ports.includes(port)),
          name,
        ).toEqual([]);
      }
    }
  });

  it('selects pods that exist, and by labels they have', () => {
    const matches = (labels: Labels): string[] =>
      pods
        .filter(({ metadata }) =>
          Object.entries(labels).every(([key, value]) => metadata.labels[key] === value),
        )
        .map(({ name }) => name);
    for (const { kind, metadata, spec } of resources) {
      const selector = spec?.selector;
      if (selector === undefined) continue;
      const own = kind === 'Deployment' ? metadata.name : 'mcp-training-api';
      expect(matches(selector.matchLabels ?? selector), `${kind}/${metadata.name}`).toEqual([own]);
    }
    const api = pods.find(({ name }) => name === 'mcp-training-api')!;
    const ports = api.spec.containers[0].ports!.map((port) => port.name);
    expect(named('Service', 'mcp-training')!.spec!.ports!.map(({ targetPort }) => targetPort)).toEqual(ports);
  });

  it('asks for the three probes, by a name that the service answers for', () => {
    for (const { name, spec } of pods.filter(({ name: pod }) => pod !== 'mcp-training-migrate')) {
      const [container] = spec.containers;
      const asked = probes(container).map((probe) => probe?.httpGet.path.split('/').at(-1));
      expect(asked, name).toEqual(['startup', 'live', 'ready']);
      if (name !== 'mcp-training-api') continue;
      for (const probe of probes(container))
        expect(probe!.httpGet.httpHeaders).toEqual([{ name: 'Host', value: 'localhost' }]);
    }
  });

  it('gives a pod more time to end than the service takes', () => {
    for (const { name, spec } of pods.filter(({ name: pod }) => pod !== 'mcp-training-migrate'))
      expect(spec.terminationGracePeriodSeconds, name).toBeGreaterThan(SHUTDOWN_GRACE_MS / 1000 + 10);
  });

  it('runs as nobody in particular, cannot write its own files, and says what it needs', () => {
    for (const { name, spec } of pods) {
      expect(spec.securityContext, name).toMatchObject({ runAsNonRoot: true, runAsUser: 10001 });
      expect(spec, name).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
      for (const { securityContext, resources: needs } of spec.containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(Object.keys(needs.requests)).toEqual(['cpu', 'memory']);
        expect(needs.limits).toHaveProperty('memory');
      }
    }
  });

  it('holds no secret, and sets only variables that the service knows', () => {
    expect(resources.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const known = environmentNames();
    const { data = {} } = named('ConfigMap', 'mcp-training')!;
    expect(Object.keys(data).filter((name) => !known.has(name))).toEqual([]);
    const open = Object.keys(data).filter((name) => /URL|KEY|TOKEN|PASSWORD/.test(name));
    expect(open.filter((name) => !name.endsWith('_FILE'))).toEqual([]);
  });
});
