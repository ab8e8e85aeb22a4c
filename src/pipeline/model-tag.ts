import { strongEtag } from '../platform/http/etag.js';
import { modelDetail } from '../registry/model-json.js';
import type { ModelVersion } from '../registry/model-version.js';

/**
 * The tag of a version: it changes with everything that is shown of it, and with the deployed version of its model, so
 * that a decision to deploy names what it would replace.
 */
export function modelTag(model: ModelVersion, champion: ModelVersion | null): string {
  return strongEtag([modelDetail(model), champion?.version ?? null]);
}
