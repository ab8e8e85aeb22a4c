import { renderModelCard } from './core/card/model-card.js';
import type { ModelMetadataInput } from './core/model-metadata.js';
import type { TrainedModel } from './trained-model.js';

/** report.html of a version. @param hashes of the files written before it */
export function cardFile(
  metadata: ModelMetadataInput,
  model: TrainedModel,
  hashes: Readonly<Record<string, string>>,
): string {
  return renderModelCard({
    metadata,
    evaluation: model.evaluation,
    spec: model.spec,
    validation: model.validation,
    trainScores: model.detector?.goldenScores ?? model.goldenScores,
    hashes,
  });
}
