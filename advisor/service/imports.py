"""The data desk: which shops are in the workspace, bringing files in, and removing a shop with everything kept of it.

No agent, no model. The importer and the store load only when they are needed.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from advisor.telemetry.watch import imported
from tools.errors import BadArguments, DataMissing, NotFound
from tools.text import Text
from tools.warehouse.access import Warehouse
from tools.warehouse.schema import tables
from tools.warehouse.writer import MerchantProfile, check_merchant_id, write_merchant

if TYPE_CHECKING:
    from advisor.service.documents import DocumentDesk
    from advisor.store import Store
    from tools.portfolio.peers import PeerStore
    from tools.warehouse.importer import Detection, ImportReport

__all__ = ["DEFAULT_DEMO", "DEFAULT_SHOP", "DataDesk", "Removed", "ShopDetails", "choose_merchant"]

DEFAULT_SHOP = "my-shop"
DEFAULT_DEMO = "demo-skincare"
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class ShopDetails:
    """What a person may say of a shop when adding it; None leaves the default."""

    name: str | None = None
    platform: str | None = None
    category: str | None = None
    currency: str | None = None
    timezone: str | None = None

    @property
    def given(self) -> dict[str, str]:
        return {key: value for key, value in vars(self).items() if value is not None}

    def profile(self, merchant_id: str) -> MerchantProfile:
        """Raises BadArguments for an id, a currency or a time zone that does not exist."""
        check_merchant_id(merchant_id)
        if self.currency is not None and not _CURRENCY.fullmatch(self.currency):
            raise BadArguments(
                Text(
                    f"币种“{self.currency[:16]}”不对：请用三个大写字母，例如 CNY、USD、GBP。",
                    f'Currency "{self.currency[:16]}" is not valid: three capital letters, such as CNY, USD or GBP.',
                )
            )
        if self.timezone is not None:
            _check_zone(self.timezone)
        return MerchantProfile(
            merchant_id,
            self.name or merchant_id,
            platform=self.platform or "tmall",
            category=self.category or "",
            currency=self.currency or "CNY",
            timezone=self.timezone or "Asia/Shanghai",
        )


@dataclass(frozen=True)
class Removed:
    """What deleting a shop took away. The shop's file may be gone already while chats were still kept."""

    merchant_id: str
    data_file: bool
    quarantine_files: int
    documents: bool


def choose_merchant(profiles: Sequence[MerchantProfile], wanted: str | None) -> MerchantProfile:
    """The named shop, else the only real one, else the demo shop.

    Raises NotFound for an unknown name, DataMissing in an empty workspace, BadArguments naming the shops when several fit.
    """
    by_id = {profile.merchant_id: profile for profile in profiles}
    if wanted is not None:
        if wanted not in by_id:
            raise NotFound(
                Text(
                    f"没有找到店铺“{wanted[:64]}”。用 advisor merchants list 查看，或先 advisor import 导入数据。",
                    f'No shop "{wanted[:64]}" was found. See `advisor merchants list`, or import data first.',
                )
            )
        return by_id[wanted]
    real = [profile for profile in profiles if not profile.simulated]
    if len(real) == 1:
        return real[0]
    if not real and profiles:
        return by_id.get(DEFAULT_DEMO, profiles[0])
    if not profiles:
        raise DataMissing(
            Text(
                "这里还没有店铺。用 advisor import 文件 导入你的导出文件，或用 advisor demo 看演示店铺。",
                "There is no shop here yet. Import your export with `advisor import FILE`, or see a demo shop with `advisor demo`.",
            )
        )
    names = [profile.merchant_id for profile in real]
    raise BadArguments(
        Text(
            f"有 {len(names)} 个店铺，请用 --merchant 指明一个：{'、'.join(names)}。",
            f"There are {len(names)} shops; name one with --merchant: {', '.join(names)}.",
        ),
        choices=names,
    )


class DataDesk:
    """Built by `advisor.app`; synchronous, for a thread of the door."""

    def __init__(
        self,
        *,
        warehouse: Warehouse,
        store: Callable[[], Store],
        quarantine: Path,
        keys: Path,
        peers: Callable[[], PeerStore],
        documents: DocumentDesk,
    ) -> None:
        self.warehouse = warehouse
        self.documents = documents
        self.quarantine = quarantine
        self._store = store
        self._keys = keys
        self._peers = peers

    def merchants(self) -> list[MerchantProfile]:
        return self.warehouse.merchants()

    def choose(self, wanted: str | None) -> MerchantProfile:
        """See `choose_merchant`."""
        return choose_merchant(self.merchants(), wanted)

    def add(self, merchant_id: str, details: ShopDetails) -> MerchantProfile:
        """An empty shop. Raises BadArguments when the id is taken or a detail is not valid."""
        profile = details.profile(merchant_id)
        if merchant_id in self._known():
            raise BadArguments(
                Text(f"店铺 {merchant_id} 已经存在。", f"Shop {merchant_id} exists already."),
            )
        with write_merchant(self.warehouse.folder, profile):
            pass
        return profile

    def create_demo(self, on_shop: Callable[[str], None] | None = None) -> list[MerchantProfile]:
        """The demo shops, made where missing or outdated; `on_shop` hears the id before each."""
        from tools.warehouse.demo import DEMO_SHOPS, create_demo

        profiles: list[MerchantProfile] = []
        for shop in DEMO_SHOPS:
            if on_shop is not None:
                on_shop(shop)
            profiles += create_demo(self.warehouse.folder, only=shop)
            self._peers().refresh(shop)
        return profiles

    def target(self, wanted: str | None, details: ShopDetails) -> tuple[MerchantProfile, bool]:
        """The shop an import goes into, and whether the import makes it.

        Never a demo shop unless it is named. Raises BadArguments when several real shops fit, or when details are given
        for a shop that exists (its own stay in force).
        """
        known = {profile.merchant_id: profile for profile in self.merchants()}
        real = [profile for profile in known.values() if not profile.simulated]
        merchant_id = wanted or (choose_merchant(real, None).merchant_id if real else DEFAULT_SHOP)
        if merchant_id not in known:
            return details.profile(merchant_id), True
        profile = known[merchant_id]
        differs = [key for key, value in details.given.items() if getattr(profile, key) != value]
        if differs:
            options = ", ".join(f"--{key}" for key in differs)
            raise BadArguments(
                Text(
                    f"店铺 {merchant_id} 已经存在，{options} 不会被导入改动；去掉这些选项，或用 --merchant 另建一个店铺。",
                    f"Shop {merchant_id} exists; an import does not change {options}. Leave them out, or name a new --merchant.",
                )
            )
        return profile, False

    def detect(self, path: Path) -> list[Detection]:
        """What a file is, before anything is written; one entry per table in it. Raises ImportRefused."""
        from tools.warehouse.importer import detect

        return detect(path)

    def import_files(
        self,
        paths: Sequence[Path],
        profile: MerchantProfile,
        *,
        fmt: str = "auto",
        mapping: Path | None = None,
        dry_run: bool = False,
        on_progress: Callable[..., None] | None = None,
    ) -> list[ImportReport]:
        """Bring files into the shop of `profile`; one report per file, a damaged one with `error` set. Raises ToolError."""
        from tools.warehouse.importer import import_files

        started = time.perf_counter()
        reports = import_files(
            list(paths),
            warehouse=self.warehouse.folder,
            quarantine=self.quarantine / profile.merchant_id,  # one folder a shop: deleting the shop deletes it
            keys=self._keys,
            profile=profile,
            format=fmt,
            dry_run=dry_run,
            mapping=mapping,
            on_progress=on_progress,
        )
        if not dry_run:
            imported(profile.merchant_id, reports, ms=round((time.perf_counter() - started) * 1000))
            self._peers().refresh(profile.merchant_id)
        return reports

    def import_text(
        self,
        text: str | bytes,
        profile: MerchantProfile,
        *,
        fmt: str = "auto",
        mapping: Path | None = None,
        dry_run: bool = False,
        on_progress: Callable[..., None] | None = None,
    ) -> list[ImportReport]:
        """Bring a pasted table (TSV, CSV, Markdown) into the shop; it goes by the name "pasted". As `import_files` else."""
        from tools.warehouse.ingest.pasted import pasted_file

        with pasted_file(text) as path:
            return self.import_files(
                [path], profile, fmt=fmt, mapping=mapping, dry_run=dry_run, on_progress=on_progress
            )

    def holdings(self, merchant_id: str) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
        """Per filled table its rows and days, and the import ledger, newest first. Raises NotFound."""
        shop = self.warehouse.for_merchant(merchant_id)
        try:
            filled = {}
            for name in tables():
                if shop.has(name):
                    days = shop.days(name)
                    first, last = (str(days[0]), str(days[1])) if days else ("", "")
                    filled[name] = {"rows": shop.rows(name), "first_day": first, "last_day": last}
            return filled, shop.imports()
        finally:
            shop.close()

    def shares_with_peers(self, merchant_id: str) -> bool:
        """Whether the shop takes part in the anonymous comparison. Raises NotFound."""
        return self._peers().shares(self.choose(merchant_id).merchant_id)

    def share_with_peers(self, merchant_id: str, *, share: bool) -> None:
        """Take part in the anonymous comparison with monthly ratios, or no longer: they are removed. Raises NotFound."""
        self.choose(merchant_id)
        if share:
            self._peers().join(merchant_id)
        else:
            self._peers().leave(merchant_id)

    def delete(self, merchant_id: str) -> Removed:
        """The shop's file, conversations, stated facts, documents, rejected rows and shared ratios. Raises NotFound."""
        self.choose(merchant_id)
        self._peers().leave(merchant_id)
        store = self._store()
        try:
            store.delete_merchant(merchant_id)
        finally:
            store.close()
        files = self._drop_quarantine(merchant_id)
        for written in ("exports", "outbox"):  # plans as files, messages nobody picked up yet
            shutil.rmtree(self.quarantine.with_name(written) / merchant_id, ignore_errors=True)
        documents = self.documents.purge(merchant_id)
        self.warehouse.delete(merchant_id)
        return Removed(merchant_id, True, files, documents)

    def _drop_quarantine(self, merchant_id: str) -> int:
        folder = self.quarantine / check_merchant_id(merchant_id)
        if not folder.is_dir():
            return 0
        count = sum(path.is_file() for path in folder.rglob("*"))
        shutil.rmtree(folder)
        return count

    def _known(self) -> set[str]:
        return {profile.merchant_id for profile in self.merchants()}


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadArguments(
            Text(
                f"时区“{name[:40]}”不对：请用 IANA 名称，例如 Asia/Shanghai、Europe/London。",
                f'Time zone "{name[:40]}" is not valid: use an IANA name such as Asia/Shanghai or Europe/London.',
            )
        ) from error
