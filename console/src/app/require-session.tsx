import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { Navigate, Outlet, useLocation } from "react-router";
import { session } from "@/api/session";

const subscribe = (listener: () => void): (() => void) => session.subscribe(listener);
const snapshot = () => session.get();

/** Sends people without a session to the sign-in page, and back to where they wanted to go afterwards. */
export function RequireSession() {
  const current = useSyncExternalStore(subscribe, snapshot);
  const queries = useQueryClient();
  const location = useLocation();
  const signedIn = current !== null;
  useEffect(() => {
    if (!signedIn) queries.clear();
  }, [signedIn, queries]);
  if (!signedIn) {
    const wanted = location.pathname === "/" ? "" : `?next=${encodeURIComponent(location.pathname + location.search)}`;
    return <Navigate to={`/sign-in${wanted}`} replace />;
  }
  return <Outlet />;
}
