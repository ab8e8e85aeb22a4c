import { lazy, Suspense } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { Busy } from '../ui/busy.js';
import { ErrorBoundary } from './error-boundary.js';

const Overview = lazy(() => import('../pages/overview/overview-page.js'));
const Exports = lazy(() => import('../pages/exports/exports-page.js'));
const ExportDetail = lazy(() => import('../pages/exports/export-page.js'));
const Trainings = lazy(() => import('../pages/trainings/trainings-page.js'));
const NewTraining = lazy(() => import('../pages/trainings/new-training-page.js'));
const Training = lazy(() => import('../pages/trainings/training-page.js'));
const Schedules = lazy(() => import('../pages/schedules/schedules-page.js'));
const ScheduleForm = lazy(() => import('../pages/schedules/schedule-form-page.js'));
const Models = lazy(() => import('../pages/models/models-page.js'));
const Model = lazy(() => import('../pages/models/model-page.js'));
const Compare = lazy(() => import('../pages/compare/compare-page.js'));
const Deploy = lazy(() => import('../pages/deploy/deploy-page.js'));
const Score = lazy(() => import('../pages/score/score-page.js'));
const Audit = lazy(() => import('../pages/audit/audit-page.js'));
const Settings = lazy(() => import('../pages/settings/settings-page.js'));
const ApiKeys = lazy(() => import('../pages/api-keys/api-keys-page.js'));
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
          <Route path="/trainings" component={Trainings} />
          <Route path="/trainings/new" component={NewTraining} />
          <Route path="/trainings/:id" component={Training} />
          <Route path="/schedules" component={Schedules} />
          <Route path="/schedules/new" component={ScheduleForm} />
          <Route path="/schedules/:id" component={ScheduleForm} />
          <Route path="/models" component={Models} />
          <Route path="/models/:version" component={Model} />
          <Route path="/compare" component={Compare} />
          <Route path="/deploy" component={Deploy} />
          <Route path="/score" component={Score} />
          <Route path="/settings" component={Settings} />
          <Route path="/api-keys" component={ApiKeys} />
          <Route path="/audit" component={Audit} />
          <Route component={NotFound} />
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}
