import { PageHead } from '../../ui/page-head.js';

export default function OverviewPage() {
  return <PageHead title="Overview">x</PageHead>;
}
