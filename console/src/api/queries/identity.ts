import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, reply } from "../client";
import type { Me } from "../types";
import { nextCursor, pageQuery } from "./paging";

const ME = ["me"] as const;
const APPLICATIONS = ["applications"] as const;

export function useMe() {
  return useQuery({ queryKey: ME, queryFn: () => reply(api.GET("/v1/identity/me")), staleTime: 60_000 });
}

export function usePermissions(projectId: number): ReadonlySet<string> {
  const { data } = useMe();
  return permissionsIn(data, projectId);
}

export function permissionsIn(me: Me | undefined, projectId: number): ReadonlySet<string> {
  return new Set(me?.projects.find((project) => project.project_id === projectId)?.permissions ?? []);
}

export function useCreateProject() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => reply(api.POST("/v1/identity/projects", { body: { name, description: "" } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ME }),
  });
}

export function useApplications() {
  return useInfiniteQuery({
    queryKey: APPLICATIONS,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => reply(api.GET("/v1/identity/applications", { params: { query: pageQuery(pageParam) } })),
    getNextPageParam: nextCursor,
  });
}

export function useCreateApplication() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; description: string }) => reply(api.POST("/v1/identity/applications", { body: { ...body, data_access: "manage" } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: APPLICATIONS }),
  });
}

export function useDeleteApplication() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (appId: number) =>
      reply(api.DELETE("/v1/identity/applications/{app_id}", { params: { path: { app_id: appId } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: APPLICATIONS }),
  });
}
