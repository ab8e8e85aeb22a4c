import { Key } from './key.js';
import { either, flag, integer, number } from './rules.js';

export class TrainingConfig {
  @Key(number(0.05, 0.9), 'Last share of the time span, kept for the test.')
  test_size = 0.2;

  @Key(number(0, 0.9), 'Share of the time span before the test part, kept for validation.')
  validation_size = 0.1;

  @Key(
    integer(0, 2 ** 32 - 1),
    'Seed of everything random outside the forest: planted anomalies, permutation importance.',
  )
  random_state = 42;

  @Key(
    either(integer(-1, -1), integer(1, 256)),
    'Threads; -1 = all cores. The number of threads never changes a result.',
  )
  n_jobs = -1;

  @Key(integer(2, 20), 'Folds of the rolling-origin cross-validation.')
  cross_validation_folds = 5;

  @Key(
    flag(),
    'Accepted for compatibility, without effect: a forest has no epochs to stop. `true` is warned about.',
  )
  early_stopping = false;

  @Key(
    integer(1, 1000),
    'Accepted for compatibility, without effect. A value other than the default is warned about.',
  )
  patience = 10;

  @Key(integer(1, 86_400), 'A run that takes longer is stopped, seconds. A run may lower it, not raise it.')
  max_training_time = 3600;

  @Key(integer(256, 1_048_576), 'Memory budget of a run, MB. A run may lower it, not raise it.')
  max_memory_usage = 4096;

  @Key(
    flag(),
    'Accepted for compatibility, without effect: training uses the processor. `true` is warned about.',
  )
  enable_gpu = false;
}
