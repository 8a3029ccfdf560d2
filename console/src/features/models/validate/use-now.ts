import { useEffect, useState } from "react";

const SECOND_MS = 1000;

/** The time in ms, anew every second. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => {
      setNow(Date.now());
    }, SECOND_MS);
    return () => {
      window.clearInterval(timer);
    };
  }, []);
  return now;
}
