import { Link } from 'wouter';
import { Empty } from '../ui/empty.js';
import { PageHead } from '../ui/page-head.js';

export default function NotFoundPage() {
  return (
    <>
      <PageHead title="No such page" />
      <section className="card">
        <Empty title="There is nothing at this address">
          It may have moved, or the link is cut off. <Link href="/">Go to the overview</Link>.
        </Empty>
      </section>
    </>
  );
}
