import { describe, expect, it } from "vitest";
import { balanceChart, binNames, escapeHtml, histogram } from "./quality-charts";

const colours = { series: [], text: "", muted: "", line: "", surface: "", low: "", high: "" };

describe("charts of a quality report", () => {
  it("name each bin by its edges and list it in the table", () => {
    expect(binNames([0, 10, 20], String)).toEqual(["0 – 10", "10 – 20"]);
    const { table } = histogram([0, 10, 20], [3, 4], colours, { value: "Width", count: "Images", number: String });
    expect(table.rows).toEqual([["0 – 10", 3], ["10 – 20", 4]]);
  });

  it("draw the first labels but list all", () => {
    const labels = Array.from({ length: 60 }, (_, index) => ({ label: `l${index}`, samples: 60 - index, uses: 60 }));
    const chart = balanceChart(labels, colours, { label: "Label", samples: "Samples", uses: "Uses", number: String });
    expect(chart.option.series[0]?.data).toHaveLength(40);
    expect(chart.table.rows).toHaveLength(60);
  });

  it("show labels as text", () => {
    expect(escapeHtml('<img src="x">&')).toBe("&#60;img src=&#34;x&#34;&#62;&#38;");
  });
});
