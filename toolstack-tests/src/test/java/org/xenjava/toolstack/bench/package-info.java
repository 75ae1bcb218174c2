// SPDX-License-Identifier: Apache-2.0
/**
 * Measures speed. {@link org.xenjava.toolstack.bench.LabBench} compares this toolstack with libxl and xl on a real Xen,
 * in one boot and by turns; {@code lab/bench} starts it and writes the tables of {@code docs/specification.md}. Nothing
 * here is a test: a time depends on the machine, so no time fails a build.
 */
@NullMarked
package org.xenjava.toolstack.bench;

import org.jspecify.annotations.NullMarked;
