import type { Annotation } from "@/api/types";
import { labelColour, maskStrips } from "./spans";

interface Props {
  readonly src: string;
  readonly alt: string;
  readonly width: number;
  readonly height: number;
  readonly annotation: Annotation | null | undefined;
  readonly maxHeight: string;
}

/** An image with its regions drawn over it, in the image's own pixels. */
export function AnnotatedImage({ src, alt, width, height, annotation, maxHeight }: Props) {
  const regions = annotation?.regions ?? [];
  return (
    <div style={{ position: "relative", width: `min(100%, calc(${maxHeight} * ${width / Math.max(1, height)}))`, aspectRatio: `${width} / ${height}`, margin: "0 auto" }}>
      <img src={src} alt={alt} style={{ display: "block", width: "100%", height: "100%" }} />
      {regions.length > 0 ? (
        <svg viewBox={`0 0 ${width} ${height}`} style={{ position: "absolute", inset: 0, width: "100%", height: "100%" }} aria-hidden data-testid="regions">
          {regions.map((region, index) => (
            <RegionShape key={index} region={region} unit={Math.max(width, height) / 400} />
          ))}
        </svg>
      ) : null}
    </div>
  );
}

type Region = Annotation["regions"][number];

function RegionShape({ region, unit }: { readonly region: Region; readonly unit: number }) {
  const colour = labelColour(region.label);
  const paint = { stroke: colour, fill: colour, fillOpacity: 0.14, strokeWidth: 1.6 * unit };
  const name = [region.label, region.text].filter(Boolean).join(": ");
  const first = region.polygons[0]?.[0];
  const corner = region.box ? [region.box.x1, region.box.y1] : first;
  return (
    <g>
      {region.box ? <rect x={region.box.x1} y={region.box.y1} width={Math.max(0, region.box.x2 - region.box.x1)} height={Math.max(0, region.box.y2 - region.box.y1)} {...paint} /> : null}
      {region.polygons.map((ring, index) => (
        <polygon key={index} points={ring.map(([x, y]) => `${x},${y}`).join(" ")} {...paint} />
      ))}
      {region.mask ? <path d={maskStrips(region.mask).map(([x, y, height]) => `M${x} ${y}h1v${height}h-1z`).join("")} fill={colour} fillOpacity={0.4} /> : null}
      {name && corner ? (
        <text x={corner[0]} y={Math.max(11 * unit, (corner[1] ?? 0) - 3 * unit)} fontSize={11 * unit} fill="#fff" stroke={colour} strokeWidth={3 * unit} paintOrder="stroke">
          {name.slice(0, 60)}
        </text>
      ) : null}
    </g>
  );
}
