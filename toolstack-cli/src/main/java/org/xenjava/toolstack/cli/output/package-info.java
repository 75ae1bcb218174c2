// SPDX-License-Identifier: Apache-2.0
/** The output of xlj: streams, JSON and charts. The package knows no command. */
@NullMarked
package org.xenjava.toolstack.cli.output;

import org.jspecify.annotations.NullMarked;
