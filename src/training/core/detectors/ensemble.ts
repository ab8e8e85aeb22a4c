import type {
  Detector,
  DetectorFit,
  DetectorModel,
  DetectorRows,
  DetectorTools,
  DetectorType,
} from './detector.js';
import { rowsOfGroup } from './group-rows.js';
import { findLevelDamage, fitLevels, levelOf, type LevelTables } from './level-tables.js';
import { MEMBER_DETECTORS } from './member-list.js';

export interface EnsembleMember {
  readonly type: DetectorType;
  readonly model: DetectorModel;
  readonly levels: LevelTables;
}

export interface EnsembleModel {
  readonly members: readonly EnsembleMember[];
}

/**
 * Mean over several detectors of their calibrated rank: -ln of the share of the group's training rows that score at least
 * as high under the detector (level-tables.ts). Ranks are what detectors of different units have in common.
 */
export const ensemble: Detector = {
  type: 'ensemble',
  comparable: true,

  fit: (input) => {
    const fits = input.params.members.map((type) => ({ type, ...memberOf(type).fit(input) }));
    const members = fits.map(({ type, model, raw }) => ({ type, model, levels: levelsOf(input, raw) }));
    const model = { members };
    const mean = (pick: (fit: (typeof fits)[number]) => Float64Array): Float64Array =>
      Float64Array.from({ length: input.rows }, (_, row) => {
        let sum = 0;
        fits.forEach((fit, i) => {
          sum += levelOf(members[i].levels, input.groups[row], pick(fit)[row]);
        });
        return sum / members.length;
      });
    return { model, raw: mean(({ raw }) => raw), served: mean(({ raw, served }) => served ?? raw) };
  },

  score: (model, rows, out, tools) => {
    const { members } = asEnsemble(model);
    const one = new Float64Array(rows.rows);
    out.fill(0, 0, rows.rows);
    for (const member of members) {
      memberOf(member.type).score(member.model, rows, one, tools);
      for (let row = 0; row < rows.rows; row++)
        out[row] += levelOf(member.levels, rows.groups[row], one[row]);
    }
    for (let row = 0; row < rows.rows; row++) out[row] /= members.length;
  },

  /** The level of each member is shared out like the amounts of its own contributions. */
  explain: (model, row, tools) => {
    const { members } = asEnsemble(model);
    const contributions = new Float64Array(row.columns);
    for (const member of members) addShares(member, row, tools, members.length, contributions);
    return contributions;
  },

  findDamage: (model, shape) => {
    const { members } = asEnsemble(model);
    if (!Array.isArray(members) || members.length === 0) return 'it has no members';
    for (const { type, model: own, levels } of members as EnsembleMember[]) {
      const detector = MEMBER_DETECTORS.find((known) => known.type === type);
      if (detector === undefined) return `a member is a ${JSON.stringify(type)}`;
      const damage = detector.findDamage(own, shape) ?? findLevelDamage(levels, shape.groupCount);
      if (damage !== undefined) return damage;
    }
    return undefined;
  },
};

const asEnsemble = (model: DetectorModel): EnsembleModel => model as unknown as EnsembleModel;

/** The detectors that an ensemble joins; none of another detector. */
export function membersOf({
  type,
  model,
}: {
  readonly type: DetectorType;
  readonly model: DetectorModel;
}): readonly EnsembleMember[] {
  return type === 'ensemble' ? asEnsemble(model).members : [];
}

const memberOf = (type: DetectorType): Detector =>
  MEMBER_DETECTORS.find((detector) => detector.type === type)!;

function levelsOf(input: DetectorFit, raw: Float64Array): LevelTables {
  return fitLevels(
    Array.from({ length: input.groupCount }, (_, group) =>
      Float64Array.from(rowsOfGroup(input, group), (row) => raw[row]),
    ),
  );
}

function addShares(
  { type, model, levels }: EnsembleMember,
  row: DetectorRows,
  tools: DetectorTools,
  members: number,
  out: Float64Array,
): void {
  const score = new Float64Array(1);
  memberOf(type).score(model, row, score, tools);
  const level = levelOf(levels, row.groups[0], score[0]) / members;
  const amounts = memberOf(type).explain(model, row, tools).map(Math.abs);
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  for (let c = 0; c < out.length; c++)
    out[c] += total > 0 ? (level * amounts[c]) / total : level / out.length;
}
