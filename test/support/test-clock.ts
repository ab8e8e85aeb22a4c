import type { DataSource } from 'typeorm';

/**
 * Makes `now()` of a database what a test says, for the sessions of this data source and all that follow: a function of
 * that name in a schema that is looked at before `pg_catalog`.
 */
export class TestClock {
  private constructor(private readonly dataSource: DataSource) {}

  static async install(dataSource: DataSource): Promise<TestClock> {
    const [{ name }] = await dataSource.query<[{ name: string }]>('SELECT current_database() AS name');
    await dataSource.query('CREATE SCHEMA clock');
    await dataSource.query('CREATE TABLE clock.moment (at timestamptz NOT NULL)');
    await dataSource.query(`INSERT INTO clock.moment VALUES (pg_catalog.now())`);
    await dataSource.query(
      `CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM clock.moment'`,
    );
    await dataSource.query(`ALTER DATABASE "${name}" SET search_path = public, clock, pg_catalog`);
    return new TestClock(dataSource);
  }

  async set(iso: string): Promise<void> {
    await this.dataSource.query('UPDATE clock.moment SET at = $1', [iso]);
  }
}
