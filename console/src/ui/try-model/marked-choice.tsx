import { useState } from "react";
import { MarkedPicture, type Mark } from "@/ui/picture/marked-picture";
import type { ChosenPicture } from "./chosen-picture";

/** The chosen picture with marks over it, as soon as its size is known. */
export function MarkedChoice({ picture, marks }: { readonly picture: ChosenPicture; readonly marks: readonly Mark[] }) {
  const [size, setSize] = useState<{ readonly width: number; readonly height: number } | null>(null);
  if (size) return <MarkedPicture src={picture.address} alt={picture.file.name} {...size} marks={marks} maxHeight="56vh" />;
  return (
    <img
      src={picture.address}
      alt={picture.file.name}
      style={{ maxWidth: "100%" }}
      onLoad={(event) => {
        setSize({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight });
      }}
    />
  );
}
