// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import java.awt.Color;
import java.awt.Dimension;
import java.awt.Font;
import java.awt.Graphics2D;
import java.time.Duration;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.AnnotationLine;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.xenjava.toolstack.cli.output.ChartStyle;
import org.xenjava.toolstack.cli.output.ChartWriter;
import org.xenjava.toolstack.rehearsal.RehearsalSample;
import org.xenjava.toolstack.rehearsal.RehearsalTimeline;
import org.xenjava.toolstack.rehearsal.RehearsalTrial;
import org.xenjava.toolstack.rehearsal.RehearsalTrial.Outcome;

/**
 * A chart of the boots of one guest, one for each policy. The upper part shows the cache and the entries, the lower
 * one their difference on a logarithmic scale, because the last hundred of 65,000 ballooned pages decide.
 */
final class BootChart implements ChartWriter.Chart {
    private static final Dimension SIZE = new Dimension(1080, 520);

    private static final int TITLE_HEIGHT = 30;
    private static final int COUNTERS_HEIGHT = 270;
    private static final int DEBT_HEIGHT = SIZE.height - TITLE_HEIGHT - COUNTERS_HEIGHT;

    private final List<RehearsalTimeline> timelines;

    /** @param timelines timelines of the same guest and driver; not empty */
    BootChart(List<RehearsalTimeline> timelines) {
        this.timelines = List.copyOf(timelines);
    }

    @Override
    public Dimension size() {
        return SIZE;
    }

    @Override
    public void paint(Graphics2D canvas) {
        canvas.setColor(Color.WHITE);
        canvas.fillRect(0, 0, SIZE.width, SIZE.height);
        canvas.setColor(ChartStyle.TEXT);
        canvas.setFont(ChartStyle.font(Font.BOLD, 15));
        canvas.drawString(title(), 12, 21);
        int width = SIZE.width / timelines.size();
        for (int i = 0; i < timelines.size(); i++) {
            paint(canvas, counters(timelines.get(i)), i * width, TITLE_HEIGHT, width, COUNTERS_HEIGHT);
            paint(canvas, debt(timelines.get(i)), i * width, TITLE_HEIGHT + COUNTERS_HEIGHT, width, DEBT_HEIGHT);
        }
    }

    private String title() {
        RehearsalTrial trial = timelines.get(0).trial();
        return trial.settled().name() + ": " + trial.driver().name() + " boots, balloons and then fills its memory";
    }

    private static void paint(Graphics2D canvas, XYChart chart, int x, int y, int width, int height) {
        Graphics2D part = (Graphics2D) canvas.create();
        part.translate(x, y);
        chart.paint(part, width, height);
        part.dispose();
    }

    private XYChart counters(RehearsalTimeline timeline) {
        XYChart chart = ChartStyle.chart(SIZE.width / timelines.size(), COUNTERS_HEIGHT, "pages of 4 KiB");
        boolean lived = timeline.trial().outcome() == Outcome.LIVED;
        long spare = timeline.trial().sparePages();
        chart.setTitle(RehearsalText.name(timeline.trial().terms())
                + (lived ? ": survives, " : ": crashes, ")
                + Math.abs(spare)
                + (spare < 0 ? " pages short" : " pages to spare"));
        chart.getStyler().setChartTitleFontColor(lived ? ChartStyle.LIVES : ChartStyle.CRASHES);
        chart.getStyler().setYAxisMin(0.0).setXAxisTitleVisible(false);
        chart.getStyler().setYAxisTickLabelsFormattingFunction(ChartStyle::thousands);
        ChartStyle.line(
                chart,
                "entries",
                timeline.samples(),
                sample -> seconds(sample.time()),
                sample -> sample.counters().entries(),
                ChartStyle.ENTRIES,
                ChartStyle.WIDE);
        ChartStyle.line(
                chart,
                "cache",
                timeline.samples(),
                sample -> seconds(sample.time()),
                sample -> sample.counters().cachePages(),
                ChartStyle.CACHE,
                ChartStyle.NARROW);
        markDeath(chart, timeline, sample -> sample.counters().entries());
        chart.getStyler().setLegendVisible(timeline.equals(timelines.get(0)));
        nameTheParts(chart, timeline);
        return chart;
    }

    /** Adds labels above the falling entries and above the load. */
    private static void nameTheParts(XYChart chart, RehearsalTimeline timeline) {
        double height = first(timeline).counters().entries();
        double begins = seconds(timeline.loadBegins());
        double ends = seconds(last(timeline).time());
        chart.addAnnotation(new AnnotationLine(begins, true, false));
        chart.addAnnotation(new AnnotationText("boot", begins * 0.75, height, false));
        chart.addAnnotation(new AnnotationText("load", (begins + ends) / 2, height, false));
    }

    private XYChart debt(RehearsalTimeline timeline) {
        XYChart chart = ChartStyle.chart(SIZE.width / timelines.size(), DEBT_HEIGHT, "entries - cache");
        chart.getStyler().setChartTitleVisible(false).setLegendVisible(false);
        chart.getStyler()
                .setYAxisLogarithmic(true)
                .setYAxisMin(1.0)
                .setYAxisMax(Math.pow(10, Math.ceil(Math.log10(debtOrOne(first(timeline))))))
                .setPlotGridLinesVisible(false)
                .setAxisTicksMarksVisible(false);
        // A logarithmic scale has no 0, so 0 is drawn as 1.
        chart.getStyler().setYAxisTickLabelsFormattingFunction(pages -> pages <= 1 ? "0" : ChartStyle.thousands(pages));
        ChartStyle.line(
                chart,
                "entries without a page",
                timeline.samples(),
                sample -> seconds(sample.time()),
                BootChart::debtOrOne,
                ChartStyle.DEBT,
                ChartStyle.NARROW);
        markDeath(chart, timeline, BootChart::debtOrOne);
        return chart;
    }

    private static double debtOrOne(RehearsalSample sample) {
        return Math.max(1, sample.counters().debt());
    }

    private static void markDeath(XYChart chart, RehearsalTimeline timeline, ToDoubleFunction<RehearsalSample> value) {
        if (timeline.trial().outcome() == Outcome.CRASHED) {
            RehearsalSample last = last(timeline);
            XYSeries series = chart.addSeries(
                    "killed", new double[] {seconds(last.time())}, new double[] {value.applyAsDouble(last)});
            series.setMarker(SeriesMarkers.CROSS)
                    .setMarkerColor(ChartStyle.CRASHES)
                    .setLineColor(Color.WHITE);
        }
    }

    private static RehearsalSample first(RehearsalTimeline timeline) {
        return timeline.samples().get(0);
    }

    private static RehearsalSample last(RehearsalTimeline timeline) {
        return timeline.samples().get(timeline.samples().size() - 1);
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }
}
