// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.awt.Color;
import java.awt.Dimension;
import java.awt.Graphics2D;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.xenjava.toolstack.cli.output.ChartStyle;
import org.xenjava.toolstack.cli.output.ChartWriter;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** A chart of a guest's readings: entries, cache, pages owned and the balloon driver's target. */
final class WatchChart implements ChartWriter.Chart {
    private static final Dimension SIZE = new Dimension(720, 400);
    private static final Color TOLD = Color.GRAY;

    private final String title;
    private final List<WatchSample> samples;
    private final boolean died;

    private WatchChart(String title, List<WatchSample> samples, boolean died) {
        this.title = title;
        this.samples = List.copyOf(samples);
        this.died = died;
    }

    /** @param samples the readings by time; not empty */
    static WatchChart ofSurvivor(String title, List<WatchSample> samples) {
        return new WatchChart(title, samples, false);
    }

    /** @param samples the readings by time; the last is from the crash */
    static WatchChart ofVictim(String title, List<WatchSample> samples) {
        return new WatchChart(title, samples, true);
    }

    @Override
    public Dimension size() {
        return SIZE;
    }

    @Override
    public void paint(Graphics2D canvas) {
        canvas.setColor(Color.WHITE);
        canvas.fillRect(0, 0, SIZE.width, SIZE.height);
        XYChart chart = ChartStyle.chart(SIZE.width, SIZE.height, "pages of 4 KiB");
        chart.setTitle(title);
        chart.getStyler().setChartTitleFontColor(died ? ChartStyle.CRASHES : ChartStyle.TEXT);
        chart.getStyler().setYAxisMin(0.0).setYAxisTickLabelsFormattingFunction(ChartStyle::thousands);
        line(chart, "owned", sample -> sample.pod().totPages().count(), ChartStyle.DEBT, ChartStyle.NARROW);
        line(chart, "target", WatchChart::told, TOLD, ChartStyle.NARROW);
        line(chart, "entries", sample -> sample.pod().entries().count(), ChartStyle.ENTRIES, ChartStyle.WIDE);
        line(chart, "cache", sample -> sample.pod().cache().count(), ChartStyle.CACHE, ChartStyle.NARROW);
        if (died) {
            WatchSample last = samples.get(samples.size() - 1);
            XYSeries end = chart.addSeries("died", new double[] {last.seconds()}, new double[] {
                last.pod().entries().count()
            });
            end.setMarker(SeriesMarkers.CROSS)
                    .setMarkerColor(ChartStyle.CRASHES)
                    .setLineColor(Color.WHITE);
        }
        chart.paint(canvas, SIZE.width, SIZE.height);
    }

    private static double told(WatchSample sample) {
        return sample.told().map(Pages::count).orElse(0L);
    }

    private void line(XYChart chart, String name, ToDoubleFunction<WatchSample> value, Color color, float width) {
        ChartStyle.line(chart, name, samples, WatchSample::seconds, value, color, width);
    }
}
