// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

import java.awt.Dimension;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.util.function.Supplier;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.SVGGeneratorContext;
import org.apache.batik.svggen.SVGGraphics2D;
import org.w3c.dom.Document;

/** Draws a chart to a file, without a screen. */
public final class ChartWriter {
    private static final String SVG_NAMESPACE = "http://www.w3.org/2000/svg";

    /** Pixels of a bitmap per unit of the chart, for screens with small pixels. */
    private static final int SCALE = 2;

    private ChartWriter() {}

    /** A chart that can be drawn. */
    public interface Chart {
        /** The size in units; a bitmap has several pixels for each. */
        Dimension size();

        void paint(Graphics2D canvas);
    }

    /** @param newChart makes the chart after the graphics library is loaded */
    public static void write(Supplier<Chart> newChart, ChartFile file) {
        System.setProperty("java.awt.headless", "true");
        try {
            Chart chart = newChart.get();
            switch (file.format()) {
                case SVG -> writeSvg(chart, file);
                case PNG -> writePng(chart, file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (LinkageError | InternalError e) {
            throw new UncheckedIOException(new IOException(
                    file.path() + ": this Java cannot draw; install its module java.desktop, fontconfig and a font",
                    e));
        }
    }

    private static void writeSvg(Chart chart, ChartFile file) throws IOException {
        SVGGeneratorContext settings = SVGGeneratorContext.createDefault(newDocument());
        settings.setComment("Drawn by xlj");
        settings.setPrecision(1);
        SVGGraphics2D canvas = new SVGGraphics2D(settings, false);
        canvas.setSVGCanvasSize(chart.size());
        chart.paint(canvas);
        try (Writer out = Files.newBufferedWriter(file.path())) {
            canvas.stream(out, true);
        }
    }

    private static Document newDocument() {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .getDOMImplementation()
                    .createDocument(SVG_NAMESPACE, "svg", null);
        } catch (ParserConfigurationException e) {
            throw new IllegalStateException("Java has no XML", e);
        }
    }

    private static void writePng(Chart chart, ChartFile file) throws IOException {
        BufferedImage image =
                new BufferedImage(chart.size().width * SCALE, chart.size().height * SCALE, BufferedImage.TYPE_INT_RGB);
        Graphics2D canvas = image.createGraphics();
        canvas.scale(SCALE, SCALE);
        chart.paint(canvas);
        canvas.dispose();
        try (OutputStream out = Files.newOutputStream(file.path())) {
            ImageIO.write(image, "png", out);
        }
    }
}
