// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The style of charts: the same quantity has the same colour in all of them. */
public final class ChartStyle {
    public static final Color TEXT = new Color(0x24292f);
    public static final Color GRID = new Color(0xe2e6ea);
    public static final Color ENTRIES = new Color(0x2f6fde);
    public static final Color CACHE = new Color(0xf08c1a);
    public static final Color DEBT = new Color(0x6e4fc0);
    public static final Color LIVES = new Color(0x1a7f37);
    public static final Color CRASHES = new Color(0xcf222e);

    public static final float WIDE = 4;
    public static final float NARROW = 2;

    private ChartStyle() {}

    public static XYChart chart(int width, int height, String unit) {
        XYChart chart = new XYChartBuilder()
                .width(width)
                .height(height)
                .xAxisTitle("seconds")
                .yAxisTitle(unit)
                .build();
        chart.getStyler()
                .setChartBackgroundColor(Color.WHITE)
                .setChartFontColor(TEXT)
                .setChartTitleFont(font(Font.BOLD, 14))
                .setLegendFont(font(Font.PLAIN, 13))
                .setLegendPosition(LegendPosition.InsideSW)
                .setLegendBorderColor(Color.WHITE)
                .setPlotBorderVisible(false)
                .setAnnotationLineColor(Color.GRAY)
                .setAnnotationTextFont(font(Font.PLAIN, 13))
                .setAnnotationTextFontColor(TEXT)
                .setChartPadding(8);
        chart.getStyler()
                .setAxisTitleFont(font(Font.PLAIN, 13))
                .setAxisTickLabelsFont(font(Font.PLAIN, 12))
                .setPlotGridLinesColor(GRID)
                .setPlotGridLinesStroke(new BasicStroke(1))
                .setPlotGridVerticalLinesVisible(false)
                .setXAxisMin(0.0);
        return chart;
    }

    /** Adds a line through samples, without values between two equal ones. */
    public static <T> void line(
            XYChart chart,
            String name,
            List<T> samples,
            ToDoubleFunction<T> seconds,
            ToDoubleFunction<T> value,
            Color color,
            float width) {
        List<T> kept = withoutRepetitions(samples, value);
        XYSeries series = chart.addSeries(
                name,
                kept.stream().mapToDouble(seconds).toArray(),
                kept.stream().mapToDouble(value).toArray());
        series.setMarker(SeriesMarkers.NONE).setLineColor(color).setLineWidth(width);
    }

    /** Removes samples between two equal values, because a straight line needs only its ends. */
    private static <T> List<T> withoutRepetitions(List<T> samples, ToDoubleFunction<T> value) {
        List<T> kept = new ArrayList<>();
        for (int i = 0; i < samples.size(); i++) {
            boolean atAnEnd = i == 0 || i == samples.size() - 1;
            double here = value.applyAsDouble(samples.get(i));
            if (atAnEnd
                    || here != value.applyAsDouble(samples.get(i - 1))
                    || here != value.applyAsDouble(samples.get(i + 1))) {
                kept.add(samples.get(i));
            }
        }
        return kept;
    }

    public static String thousands(double pages) {
        return pages < 1000
                ? String.format(Locale.ROOT, "%.0f", pages)
                : String.format(Locale.ROOT, "%.0fk", pages / 1000);
    }

    public static Font font(int style, int size) {
        return new Font(Font.SANS_SERIF, style, size);
    }
}
