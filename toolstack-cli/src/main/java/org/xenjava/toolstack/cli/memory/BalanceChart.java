// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.Graphics2D;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.xenjava.toolstack.cli.output.ChartStyle;
import org.xenjava.toolstack.cli.output.ChartWriter;
import org.xenjava.toolstack.cli.output.Words;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** A chart of a balancer's record: free memory, what each domain owns, and its target (dashed). */
final class BalanceChart implements ChartWriter.Chart {
    private static final Dimension SIZE = new Dimension(900, 460);
    private static final double KIB_PER_MIB = 1024;
    private static final BasicStroke DASHED =
            new BasicStroke(1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, new float[] {5, 4}, 0);
    private static final List<Color> COLORS = List.of(
            ChartStyle.ENTRIES,
            ChartStyle.CACHE,
            ChartStyle.LIVES,
            ChartStyle.DEBT,
            ChartStyle.CRASHES,
            ChartStyle.TEXT);

    private final List<BalanceReading> readings;

    /** @param readings the record by time; not empty */
    BalanceChart(List<BalanceReading> readings) {
        this.readings = List.copyOf(readings);
    }

    @Override
    public Dimension size() {
        return SIZE;
    }

    @Override
    public void paint(Graphics2D canvas) {
        canvas.setColor(Color.WHITE);
        canvas.fillRect(0, 0, SIZE.width, SIZE.height);
        XYChart chart = ChartStyle.chart(SIZE.width, SIZE.height, "MiB");
        chart.setTitle("Memory that domains own, and their targets (dashed)");
        chart.getStyler().setYAxisMin(0.0).setLegendPosition(LegendPosition.OutsideE);
        Map<OptionalInt, List<BalanceReading>> domains = readings.stream()
                .collect(Collectors.groupingBy(BalanceReading::domid, LinkedHashMap::new, Collectors.toList()));
        int color = 0;
        for (Map.Entry<OptionalInt, List<BalanceReading>> domain : domains.entrySet()) {
            List<BalanceReading> line = domain.getValue();
            if (domain.getKey().isEmpty()) {
                line(chart, "free", line, BalanceReading::owned, Color.GRAY);
            } else if (domain.getKey().getAsInt() != 0 || changes(line)) {
                Color own = COLORS.get(color++ % COLORS.size());
                // A domain gets its name after its first pages.
                String name = Words.domain(
                        domain.getKey().getAsInt(), line.get(line.size() - 1).name());
                line(chart, name, line, BalanceReading::owned, own);
                line(chart, "target of " + name, line, BalanceReading::target, own);
                chart.getSeries("target of " + name).setLineStyle(DASHED).setShowInLegend(false);
            }
        }
        chart.paint(canvas, SIZE.width, SIZE.height);
    }

    /** Domain 0 is drawn only if its size changes: it is much larger than the others. */
    private static boolean changes(List<BalanceReading> line) {
        return line.stream().map(BalanceReading::target).distinct().count() > 1;
    }

    private static void line(
            XYChart chart, String name, List<BalanceReading> line, Function<BalanceReading, KiB> amount, Color color) {
        ChartStyle.line(
                chart,
                name,
                line,
                BalanceReading::seconds,
                reading -> amount.apply(reading).value() / KIB_PER_MIB,
                color,
                ChartStyle.NARROW);
    }
}
