import type { EntityManager } from 'typeorm';

/** A transaction under way: a stage hands it to another one through the flow, and neither looks into it. */
export type Transaction = EntityManager;
