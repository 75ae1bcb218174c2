// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.ChartFile;
import org.xenjava.toolstack.cli.output.ChartWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        description = {
            "Draw the sizes of domains over time from a record of `balance --record`.",
            "Does not open Xen. Domain 0 is drawn if its size has changed."
        })
final class BalanceChartCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "RECORD", description = "a file that `balance --record` wrote")
    private Path record = Path.of("");

    @Parameters(
            index = "1",
            paramLabel = "FILE",
            converter = ChartFile.Converter.class,
            description = "an .svg or .png file to write")
    private ChartFile chart = new ChartFile(Path.of(""), ChartFile.Format.SVG);

    /** @param session not used: the command prints nothing */
    BalanceChartCommand(Session session) {}

    @Override
    public Integer call() throws IOException {
        List<BalanceReading> readings = BalanceReading.read(record);
        if (readings.isEmpty()) {
            throw new IOException(record + ": the record is empty");
        }
        ChartWriter.write(() -> new BalanceChart(readings), chart);
        return ExitStatus.OK;
    }
}
