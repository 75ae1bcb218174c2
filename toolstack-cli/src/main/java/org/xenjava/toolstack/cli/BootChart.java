// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.Font;
import java.awt.Graphics2D;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.AnnotationLine;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.xenjava.toolstack.advisory.Sample;
import org.xenjava.toolstack.advisory.Timeline;
import org.xenjava.toolstack.advisory.Trial;
import org.xenjava.toolstack.advisory.Trial.Outcome;

/**
 * The boots of one guest side by side, one policy each. Above, the cache and the entries; below, what the entries have
 * more, on a logarithmic scale: of 65,000 pages that the balloon gives back, the last hundred decide.
 */
final class BootChart {
    static final Dimension SIZE = new Dimension(1080, 520);

    private static final int TITLE_HEIGHT = 30;
    private static final int COUNTERS_HEIGHT = 270;
    private static final int DEBT_HEIGHT = SIZE.height - TITLE_HEIGHT - COUNTERS_HEIGHT;

    private static final Color TEXT = new Color(0x24292f);
    private static final Color GRID = new Color(0xe2e6ea);
    private static final Color ENTRIES = new Color(0x2f6fde);
    private static final Color CACHE = new Color(0xf08c1a);
    private static final Color DEBT = new Color(0x6e4fc0);
    private static final Color LIVES = new Color(0x1a7f37);
    private static final Color CRASHES = new Color(0xcf222e);

    private static final float WIDE = 4;
    private static final float NARROW = 2;

    private final List<Timeline> timelines;

    /** @param timelines of the same guest and driver; not empty */
    BootChart(List<Timeline> timelines) {
        this.timelines = List.copyOf(timelines);
    }

    void paint(Graphics2D canvas) {
        canvas.setColor(Color.WHITE);
        canvas.fillRect(0, 0, SIZE.width, SIZE.height);
        canvas.setColor(TEXT);
        canvas.setFont(font(Font.BOLD, 15));
        canvas.drawString(title(), 12, 21);
        int width = SIZE.width / timelines.size();
        for (int i = 0; i < timelines.size(); i++) {
            paint(canvas, counters(timelines.get(i)), i * width, TITLE_HEIGHT, width, COUNTERS_HEIGHT);
            paint(canvas, debt(timelines.get(i)), i * width, TITLE_HEIGHT + COUNTERS_HEIGHT, width, DEBT_HEIGHT);
        }
    }

    private String title() {
        Trial trial = timelines.get(0).trial();
        return trial.settled().name() + ": " + trial.driver().name() + " boots, balloons and then fills its memory";
    }

    private static void paint(Graphics2D canvas, XYChart chart, int x, int y, int width, int height) {
        Graphics2D part = (Graphics2D) canvas.create();
        part.translate(x, y);
        chart.paint(part, width, height);
        part.dispose();
    }

    private XYChart counters(Timeline timeline) {
        XYChart chart = chart(COUNTERS_HEIGHT, "pages of 4 KiB");
        boolean lived = timeline.trial().outcome() == Outcome.LIVED;
        long spare = timeline.trial().sparePages();
        chart.setTitle(RehearsalText.name(timeline.trial().terms())
                + (lived ? ": lives, " : ": crashes, ")
                + Math.abs(spare)
                + (spare < 0 ? " pages short" : " pages to spare"));
        chart.getStyler().setChartTitleFontColor(lived ? LIVES : CRASHES);
        chart.getStyler().setYAxisMin(0.0).setXAxisTitleVisible(false);
        chart.getStyler().setYAxisTickLabelsFormattingFunction(BootChart::thousands);
        line(chart, "entries", timeline, sample -> sample.entries().count(), ENTRIES, WIDE);
        line(chart, "cache", timeline, sample -> sample.cache().count(), CACHE, NARROW);
        markDeath(chart, timeline, sample -> sample.entries().count());
        chart.getStyler().setLegendVisible(timeline.equals(timelines.get(0)));
        nameTheParts(chart, timeline);
        return chart;
    }

    /** Above the falling entries, and above the load, there is room. */
    private static void nameTheParts(XYChart chart, Timeline timeline) {
        double height = first(timeline).entries().count();
        double begins = seconds(timeline.loadBegins());
        double ends = seconds(last(timeline).time());
        chart.addAnnotation(new AnnotationLine(begins, true, false));
        chart.addAnnotation(new AnnotationText("boot", begins * 0.75, height, false));
        chart.addAnnotation(new AnnotationText("load", (begins + ends) / 2, height, false));
    }

    private XYChart debt(Timeline timeline) {
        XYChart chart = chart(DEBT_HEIGHT, "entries - cache");
        chart.getStyler().setChartTitleVisible(false).setLegendVisible(false);
        chart.getStyler()
                .setYAxisLogarithmic(true)
                .setYAxisMin(1.0)
                .setYAxisMax(Math.pow(10, Math.ceil(Math.log10(debtOrOne(first(timeline))))))
                .setPlotGridLinesVisible(false)
                .setAxisTicksMarksVisible(false);
        // A logarithmic scale has no 0: its place is that of 1.
        chart.getStyler().setYAxisTickLabelsFormattingFunction(pages -> pages <= 1 ? "0" : thousands(pages));
        line(chart, "entries without a page", timeline, BootChart::debtOrOne, DEBT, NARROW);
        markDeath(chart, timeline, BootChart::debtOrOne);
        return chart;
    }

    private static double debtOrOne(Sample sample) {
        return Math.max(1, sample.entries().count() - sample.cache().count());
    }

    private XYChart chart(int height, String unit) {
        XYChart chart = new XYChartBuilder()
                .width(SIZE.width / timelines.size())
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

    private static void line(
            XYChart chart, String name, Timeline timeline, ToDoubleFunction<Sample> value, Color color, float width) {
        List<Sample> samples = withoutRepetitions(timeline.samples(), value);
        XYSeries series = chart.addSeries(
                name,
                samples.stream().mapToDouble(sample -> seconds(sample.time())).toArray(),
                samples.stream().mapToDouble(value).toArray());
        series.setMarker(SeriesMarkers.NONE).setLineColor(color).setLineWidth(width);
    }

    /** Leaves out what lies between two equal values: a straight line needs its ends only. */
    private static List<Sample> withoutRepetitions(List<Sample> samples, ToDoubleFunction<Sample> value) {
        List<Sample> kept = new ArrayList<>();
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

    private static void markDeath(XYChart chart, Timeline timeline, ToDoubleFunction<Sample> value) {
        if (timeline.trial().outcome() == Outcome.CRASHED) {
            Sample last = last(timeline);
            XYSeries series = chart.addSeries(
                    "killed", new double[] {seconds(last.time())}, new double[] {value.applyAsDouble(last)});
            series.setMarker(SeriesMarkers.CROSS).setMarkerColor(CRASHES).setLineColor(Color.WHITE);
        }
    }

    private static Sample first(Timeline timeline) {
        return timeline.samples().get(0);
    }

    private static Sample last(Timeline timeline) {
        return timeline.samples().get(timeline.samples().size() - 1);
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }

    private static String thousands(double pages) {
        return pages < 1000
                ? String.format(Locale.ROOT, "%.0f", pages)
                : String.format(Locale.ROOT, "%.0fk", pages / 1000);
    }

    private static Font font(int style, int size) {
        return new Font(Font.SANS_SERIF, style, size);
    }
}
