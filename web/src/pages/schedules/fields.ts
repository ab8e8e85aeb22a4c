import type { FieldProblem } from '../../api/problem.js';
import type { ScheduleForm } from './schedule-form-state.js';

/** What each part of the form shows and changes. */
export interface FieldsProps {
  readonly form: ScheduleForm;
  readonly errors: readonly FieldProblem[];
  readonly change: (part: Partial<ScheduleForm>) => void;
}
