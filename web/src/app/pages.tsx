import { lazy, Suspense } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { Busy } from '../ui/busy.js';
import { ErrorBoundary } from './error-boundary.js';

const Overview = lazy(() => import('../pages/overview/overview-page.js'));
const Exports = lazy(() => import('../pages/exports/exports-page.js'));
const ExportDetail = lazy(() => import('../pages/exports/export-page.js'));
const NotFound = lazy(() => import('../pages/not-found-page.js'));

/** Each page is a file of its own that is fetched when it is first looked at. */
export function Pages() {
  const [location] = useLocation();
  return (
    <ErrorBoundary key={location}>
      <Suspense fallback={<Busy />}>
        <Switch>
          <Route path="/" component={Overview} />
          <Route path="/exports" component={Exports} />
          <Route path="/exports/:id" component={ExportDetail} />
          <Route component={NotFound} />
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}
