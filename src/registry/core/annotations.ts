import { AppError, type FieldProblem } from '../../shared/errors.js';

/** What people may write on a version. Everything else about it never changes. */
export interface Annotations {
  readonly notes: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A JSON merge patch (RFC 7396) of {@link Annotations}: null takes a member away. */
export interface AnnotationPatch {
  readonly notes?: string | null;
  readonly tags?: Readonly<Record<string, string | null>> | null;
}

export const MAX_TAGS = 50;
const TAG_NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;
const TAG_NAME_RULE = 'a tag has a name of letters, digits, ".", "_", "/" and "-", at most 63';
const MAX_TAG_LENGTH = 200;
// PostgreSQL stores no NUL, and notes are read on terminals.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/;

/** @throws AppError `validation_failed` with every problem */
export function applyPatch(current: Annotations, patch: AnnotationPatch): Annotations {
  const problems: FieldProblem[] = [];
  const notes = patch.notes === undefined ? current.notes : (patch.notes ?? '');
  if (CONTROL.test(notes)) {
    problems.push({ pointer: '/notes', code: 'control', message: 'must not hold control characters' });
  }
  const tags = patchedTags(current.tags, patch.tags, problems);
  if (Object.keys(tags).length > MAX_TAGS) {
    problems.push({ pointer: '/tags', code: 'too_many', message: `a version has at most ${MAX_TAGS} tags` });
  }
  if (problems.length === 0) return { notes, tags };
  throw new AppError('validation_failed', 'The notes or tags are not acceptable.', { problems });
}

function patchedTags(
  current: Annotations['tags'],
  patch: AnnotationPatch['tags'],
  problems: FieldProblem[],
): Record<string, string> {
  if (patch === undefined) return { ...current };
  if (patch === null) return {};
  const tags = new Map(Object.entries(current));
  for (const [name, value] of Object.entries(patch)) {
    const pointer = `/tags/${name.slice(0, 80).replace(/~/g, '~0').replace(/\//g, '~1')}`;
    if (value === null) tags.delete(name);
    else if (!TAG_NAME.test(name)) {
      problems.push({ pointer, code: 'tag_name', message: TAG_NAME_RULE });
    } else if (typeof value !== 'string' || value.length > MAX_TAG_LENGTH || CONTROL.test(value)) {
      const message = `must be a text of at most ${MAX_TAG_LENGTH} characters, or null to remove the tag`;
      problems.push({ pointer, code: 'tag_value', message });
    } else tags.set(name, value);
  }
  // One order, whoever wrote them: the same tags are the same document.
  return Object.fromEntries([...tags].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `name` or `name:value`, as a list is searched. */
export interface TagFilter {
  readonly name: string;
  readonly value: string | null;
}

/** @throws AppError `usage` for a name that no tag can have */
export function parseTagFilter(text: string): TagFilter {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  if (TAG_NAME.test(name)) return { name, value: colon < 0 ? null : text.slice(colon + 1) };
  throw new AppError('usage', 'A tag to search for is a name, or name:value.', {
    problems: [{ pointer: '/tag', code: 'tag_name', message: TAG_NAME_RULE }],
  });
}
