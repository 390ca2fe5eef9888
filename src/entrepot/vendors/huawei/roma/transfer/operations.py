"""Products as files, and counts: ROMA's operations."""

from __future__ import annotations

from entrepot.dialect.operation import Operation
from entrepot.vendors.huawei.roma.actions import B
from entrepot.vendors.huawei.roma.apps import use_cases as apps_use_cases
from entrepot.vendors.huawei.roma.common import Address
from entrepot.vendors.huawei.roma.transfer import convert, wire
from entrepot.vendors.huawei.roma.transfer import use_cases as transfer_use_cases

TRANSFER: tuple[Operation, ...] = (
    Operation(
        name="DownloadProducts",
        method="GET",
        path=f"{B}/products/export",
        summary="Export products as a CSV file",
        source="documented",
        page="Exporting Products",
        params=wire.ExportProducts,
        reply=wire.File,
        gives="text/csv",
        permission="product:read",
        take=convert.products_to_export,
        run=transfer_use_cases.export_products,
        give=convert.exported,
    ),
    Operation(
        name="UploadProduct",
        method="POST",
        path=f"{B}/products/import",
        summary="Import products from a CSV file",
        source="documented",
        page="Importing Products",
        params=wire.ImportProducts,
        body=wire.Upload,
        takes="multipart/form-data",
        reply=wire.Imported,
        writes=True,
        permission="product:create",
        take=convert.rows,
        run=transfer_use_cases.import_products,
        give=convert.imported,
    ),
    Operation(
        name="CountDevices",
        method="GET",
        path=f"{B}/statistics/devices-count",
        summary="Count templates, products and devices",
        source="documented",
        page="Querying the Number of Devices",
        params=Address,
        reply=wire.Counts,
        permission="product:read",
        take=lambda call, caller: None,
        run=apps_use_cases.counts,
        give=convert.counts,
    ),
)
